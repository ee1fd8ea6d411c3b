// Calls of any operation through the client that oapi-codegen made from the published contract: a line of JSON in is one call, a line out
// is what came of it, in the same order. Nothing is sent but what the client's types can say.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"raffia.local/conformance/raff"
)

// call is one line of the input.
type call struct {
	// Operation as the contract names it, such as createVM.
	Operation string `json:"operation"`
	Key       string `json:"key"`
	// Project goes along wherever the client has a parameter for it.
	Project string `json:"project"`
	// Path has the parameters of the path in their order, Params those of query and header by their names.
	Path   []json.RawMessage `json:"path"`
	Params json.RawMessage   `json:"params"`
	Body   json.RawMessage   `json:"body"`
	// Without names headers that are taken off what the client made.
	Without []string `json:"without"`
}

// outcome is one line of the output.
type outcome struct {
	Status int `json:"status"`
	// Decoded tells whether the client has filled its field of this status, such as JSON404.
	Decoded bool `json:"decoded"`
	// As is what the field's type is called, where it has a name.
	As   string `json:"as"`
	Body string `json:"body"`
	// Error is why there is no answer: the call cannot be said in the client's types, or its answer could not be read.
	Error string `json:"error"`
}

type thisCall struct{}

func main() {
	client := &http.Client{Timeout: 60 * time.Second}
	api, err := raff.NewClientWithResponses(os.Getenv("RAFF_API_URL"), raff.WithHTTPClient(client), raff.WithRequestEditorFn(dress))
	if err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		answer, err := answerOf(api, line)
		if err != nil {
			answer.Error = err.Error()
		}
		if err := answers.Encode(answer); err != nil {
			return
		}
	}
}

// dress puts the call's key on a request, and takes off what the call is to be without.
func dress(ctx context.Context, request *http.Request) error {
	asked := ctx.Value(thisCall{}).(call)
	if asked.Key != "" {
		request.Header.Set("X-API-Key", asked.Key)
	}
	for _, name := range asked.Without {
		request.Header.Del(name)
	}
	return nil
}

func answerOf(api *raff.ClientWithResponses, line []byte) (outcome, error) {
	var asked call
	if err := json.Unmarshal(line, &asked); err != nil {
		return outcome{}, err
	}
	name := strings.ToUpper(asked.Operation[:1]) + asked.Operation[1:] + "WithResponse"
	method := reflect.ValueOf(api).MethodByName(name)
	if !method.IsValid() {
		return outcome{}, fmt.Errorf("the client has no %s", name)
	}
	arguments, err := argumentsOf(method.Type(), asked)
	if err != nil {
		return outcome{}, err
	}
	results := method.Call(arguments)
	if err, failed := results[1].Interface().(error); failed {
		return outcome{}, err
	}
	response := results[0].Elem()
	status := response.FieldByName("HTTPResponse").Elem().FieldByName("StatusCode")
	answer := outcome{Status: int(status.Int()), Body: string(response.FieldByName("Body").Bytes())}
	if field := response.FieldByName(fmt.Sprintf("JSON%d", answer.Status)); field.IsValid() && !field.IsNil() {
		answer.Decoded = true
		answer.As = field.Type().Elem().Name()
	}
	return answer, nil
}

// argumentsOf decodes what is asked into the types of the method's parameters, in their order.
func argumentsOf(method reflect.Type, asked call) ([]reflect.Value, error) {
	arguments := []reflect.Value{reflect.ValueOf(context.WithValue(context.Background(), thisCall{}, asked))}
	path, hasParams, hasBody := asked.Path, false, false
	// The last one is the list of functions that change the request.
	for i := 1; i < method.NumIn()-1; i++ {
		kind := method.In(i)
		value := reflect.New(kind)
		var text json.RawMessage
		switch {
		case len(path) > 0:
			text, path = path[0], path[1:]
		case kind.Kind() == reflect.Pointer && strings.HasSuffix(kind.Elem().Name(), "Params"):
			text, hasParams = asked.Params, true
			if _, takes := kind.Elem().FieldByName("XProjectID"); takes && asked.Project != "" {
				project, err := json.Marshal(map[string]string{"X-Project-ID": asked.Project})
				if err != nil {
					return nil, err
				}
				if err := json.Unmarshal(project, value.Interface()); err != nil {
					return nil, err
				}
			}
		default:
			text, hasBody = asked.Body, true
		}
		if text != nil {
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(value.Interface()); err != nil {
				return nil, fmt.Errorf("%s cannot be a %s: %w", text, kind, err)
			}
		}
		arguments = append(arguments, value.Elem())
	}
	if len(path) > 0 || (asked.Params != nil && !hasParams) || (asked.Body != nil && !hasBody) {
		return nil, fmt.Errorf("the client's %s takes no such argument", asked.Operation)
	}
	return arguments, nil
}
