// What Terraform's language makes of a file: its blocks with their values, as JSON, and whether `terraform fmt` would leave the file as it is.
// Arguments: the file, and name=value for each variable. A file that is no such file, or names what is not there, is refused.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type block struct {
	Type       string                     `json:"type"`
	Labels     []string                   `json:"labels"`
	Attributes map[string]json.RawMessage `json:"attributes"`
	Blocks     []block                    `json:"blocks"`
}

type file struct {
	Blocks      []block `json:"blocks"`
	IsFormatted bool    `json:"isFormatted"`
}

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string, given []string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parsed, diagnostics := hclsyntax.ParseConfig(text, path, hcl.InitialPos)
	if diagnostics.HasErrors() {
		return diagnostics
	}
	body, isNative := parsed.Body.(*hclsyntax.Body)
	if !isNative {
		return errors.New("it is not in the native syntax")
	}
	// Types are words of the language; variables have a value where the file declares them.
	known := map[string]cty.Value{"string": cty.StringVal("string"), "number": cty.StringVal("number"), "bool": cty.StringVal("bool")}
	variables := map[string]cty.Value{}
	for _, one := range body.Blocks {
		if one.Type != "variable" {
			continue
		}
		for _, pair := range given {
			if name, value, _ := strings.Cut(pair, "="); name == one.Labels[0] {
				variables[name] = cty.StringVal(value)
			}
		}
	}
	known["var"] = cty.ObjectVal(variables)
	blocks, err := read(body, &hcl.EvalContext{Variables: known})
	if err != nil {
		return err
	}
	if len(body.Attributes) > 0 {
		return errors.New("an argument is in no block")
	}
	return json.NewEncoder(os.Stdout).Encode(file{blocks, bytes.Equal(hclwrite.Format(text), text)})
}

func read(body *hclsyntax.Body, known *hcl.EvalContext) ([]block, error) {
	blocks := []block{}
	for _, one := range body.Blocks {
		attributes := map[string]json.RawMessage{}
		for name, attribute := range one.Body.Attributes {
			value, diagnostics := attribute.Expr.Value(known)
			if diagnostics.HasErrors() {
				return nil, diagnostics
			}
			text, err := ctyjson.Marshal(value, value.Type())
			if err != nil {
				return nil, err
			}
			attributes[name] = text
		}
		within, err := read(one.Body, known)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block{one.Type, append([]string{}, one.Labels...), attributes, within})
	}
	return blocks, nil
}
