// 96 machines are made, looked at three times and deleted, ten requests at once and none sent again, as Terraform does. It prints how many
// requests were sent, and how many of them were refused with 429.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"raffia.local/conformance/raff"
)

const (
	machines = 96
	atOnce   = 10
	rounds   = 3
)

type farm struct {
	ctx     context.Context
	api     *raff.ClientWithResponses
	project uuid.UUID
	order   raff.CreateVMRequest
	mutex   sync.Mutex
	ids     []uuid.UUID
	sent    atomic.Int64
	refused atomic.Int64
	wrong   atomic.Pointer[string]
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}

func run() error {
	project, err := uuid.Parse(os.Getenv("RAFF_PROJECT_ID"))
	if err != nil {
		return fmt.Errorf("RAFF_PROJECT_ID: %w", err)
	}
	key := os.Getenv("RAFF_API_KEY")
	api, err := raff.NewClientWithResponses(os.Getenv("RAFF_API_URL"), raff.WithHTTPClient(&http.Client{Timeout: 30 * time.Second}),
		raff.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
			request.Header.Set("X-API-Key", key)
			return nil
		}))
	if err != nil {
		return err
	}
	f := &farm{ctx: context.Background(), api: api, project: project}
	templates, err := api.ListTemplatesWithResponse(f.ctx, nil)
	if err != nil {
		return err
	}
	if templates.JSON200 == nil || templates.JSON200.Data == nil {
		return fmt.Errorf("templates: %s", templates.Status())
	}
	password := "ConFormance-20260"
	f.order = raff.CreateVMRequest{TemplateId: (*templates.JSON200.Data)[0].Id, PricingId: 1, Region: "us-east", Password: &password}
	f.parallel(machines, f.create)
	made := f.ids
	for range rounds {
		f.parallel(len(made), func(i int) { f.look(made[i]) })
	}
	f.parallel(len(made), func(i int) { f.remove(made[i]) })
	if wrong := f.wrong.Load(); wrong != nil {
		return fmt.Errorf("%s", *wrong)
	}
	fmt.Println("made", len(made), "sent", f.sent.Load(), "refused", f.refused.Load())
	return nil
}

// parallel does something for each number below count, ten at once.
func (f *farm) parallel(count int, act func(i int)) {
	var group sync.WaitGroup
	var next atomic.Int64
	for range atOnce {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				act(i)
			}
		})
	}
	group.Wait()
}

func (f *farm) create(i int) {
	order := f.order
	order.Name = fmt.Sprintf("many-%s-%d", f.project.String()[:8], i)
	answer, err := f.api.CreateVMWithResponse(f.ctx, &raff.CreateVMParams{XProjectID: f.project}, order)
	if f.counted(err, answer.StatusCode, http.StatusCreated) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.ids = append(f.ids, answer.JSON201.Data.Id)
	}
}

func (f *farm) look(id uuid.UUID) {
	answer, err := f.api.GetVMWithResponse(f.ctx, id)
	f.counted(err, answer.StatusCode, http.StatusOK)
}

func (f *farm) remove(id uuid.UUID) {
	answer, err := f.api.DeleteVMWithResponse(f.ctx, id, &raff.DeleteVMParams{XProjectID: f.project}, raff.DeleteVMRequest{})
	f.counted(err, answer.StatusCode, http.StatusOK)
}

// counted tells whether a request was answered as expected; a 429 is counted, whatever else is wrong.
func (f *farm) counted(err error, status func() int, expected int) bool {
	f.sent.Add(1)
	if err != nil {
		text := err.Error()
		f.wrong.Store(&text)
		return false
	}
	switch status() {
	case expected:
		return true
	case http.StatusTooManyRequests:
		f.refused.Add(1)
	default:
		text := fmt.Sprintf("%d instead of %d", status(), expected)
		f.wrong.Store(&text)
	}
	return false
}
