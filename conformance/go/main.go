// The life of a virtual machine through a Go client that oapi-codegen made from the published contract.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"raffia.local/conformance/raff"
)

const deadline = 60 * time.Second

// patient sends a request again after a 429, when the server said so.
type patient struct {
	client  http.Client
	refused atomic.Int64
}

func (p *patient) Do(request *http.Request) (*http.Response, error) {
	for {
		response, err := p.client.Do(request)
		if err != nil || response.StatusCode != http.StatusTooManyRequests {
			return response, err
		}
		p.refused.Add(1)
		response.Body.Close()
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil {
			return nil, fmt.Errorf("a 429 without a usable Retry-After: %w", err)
		}
		time.Sleep(time.Duration(seconds) * time.Second)
		if request.GetBody != nil {
			if request.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

type story struct {
	ctx     context.Context
	api     *raff.ClientWithResponses
	project uuid.UUID
	doer    *patient
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
}

func run() error {
	doer := &patient{client: http.Client{Timeout: 30 * time.Second}}
	key := os.Getenv("RAFF_API_KEY")
	project, err := uuid.Parse(os.Getenv("RAFF_PROJECT_ID"))
	if err != nil {
		return fmt.Errorf("RAFF_PROJECT_ID: %w", err)
	}
	api, err := raff.NewClientWithResponses(os.Getenv("RAFF_API_URL"), raff.WithHTTPClient(doer),
		raff.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
			request.Header.Set("X-API-Key", key)
			return nil
		}))
	if err != nil {
		return err
	}
	s := &story{context.Background(), api, project, doer}
	if err := s.list(); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	id, plans, err := s.create()
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := s.power(id, plans[1].Id); err != nil {
		return err
	}
	if err := s.tag(id); err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	left, err := s.connect(id)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := s.store(id); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := s.exceedLimit(); err != nil {
		return fmt.Errorf("limit: %w", err)
	}
	if err := s.remove(id); err != nil {
		return err
	}
	return left()
}

func (s *story) list() error {
	answer, err := s.api.ListVMsWithResponse(s.ctx, &raff.ListVMsParams{ProjectId: &s.project})
	if err != nil {
		return err
	}
	if answer.JSON200 == nil || answer.JSON200.Data == nil {
		return unexpected(answer.Status(), answer.Body)
	}
	fmt.Println("listed", len(*answer.JSON200.Data), "machines")
	for _, vm := range *answer.JSON200.Data {
		fmt.Println(" ", vm.Id, vm.Name, vm.Status)
	}
	return nil
}

func (s *story) create() (uuid.UUID, []raff.VMPricingPlan, error) {
	templates, err := s.api.ListTemplatesWithResponse(s.ctx, nil)
	if err != nil {
		return uuid.Nil, nil, err
	}
	pricing, err := s.api.ListVMPricingWithResponse(s.ctx, nil)
	if err != nil {
		return uuid.Nil, nil, err
	}
	if templates.JSON200 == nil || pricing.JSON200 == nil {
		return uuid.Nil, nil, unexpected(templates.Status(), pricing.Body)
	}
	template, plans := (*templates.JSON200.Data)[0], *pricing.JSON200.Plans
	password := "ConFormance-20260"
	answer, err := s.api.CreateVMWithResponse(s.ctx, &raff.CreateVMParams{XProjectID: s.project}, raff.CreateVMRequest{
		Name: "from-go", TemplateId: template.Id, PricingId: plans[0].Id, Region: "us-east", Password: &password,
	})
	if err != nil {
		return uuid.Nil, nil, err
	}
	if answer.JSON201 == nil {
		return uuid.Nil, nil, unexpected(answer.Status(), answer.Body)
	}
	id := answer.JSON201.Data.Id
	fmt.Println("created", id)
	return id, plans, s.await(id, "active")
}

func (s *story) power(id uuid.UUID, plan int) error {
	stopped, err := s.api.StopVMWithResponse(s.ctx, id, &raff.StopVMParams{XProjectID: s.project})
	if err = answered("stop", err, stopped.StatusCode(), stopped.Body); err != nil {
		return err
	}
	if err := s.await(id, "passive"); err != nil {
		return err
	}
	resized, err := s.api.ResizeVMWithResponse(s.ctx, id, &raff.ResizeVMParams{XProjectID: s.project}, raff.ResizeVMRequest{PricingId: plan})
	if err = answered("resize", err, resized.StatusCode(), resized.Body); err != nil {
		return err
	}
	seen, err := s.api.GetVMWithResponse(s.ctx, id)
	if err != nil {
		return err
	}
	if seen.JSON200 == nil || seen.JSON200.Data.PricingId != plan {
		return fmt.Errorf("the resize is not in the next answer: %s", seen.Body)
	}
	fmt.Println("resized to plan", plan)
	started, err := s.api.StartVMWithResponse(s.ctx, id, &raff.StartVMParams{XProjectID: s.project})
	if err = answered("start", err, started.StatusCode(), started.Body); err != nil {
		return err
	}
	return s.await(id, "active")
}

func (s *story) tag(id uuid.UUID) error {
	answer, err := s.api.AddVMTagWithResponse(s.ctx, id, &raff.AddVMTagParams{XProjectID: s.project}, raff.AddVMTagRequest{Name: "go"})
	if err != nil {
		return err
	}
	if answer.JSON200 == nil {
		return unexpected(answer.Status(), answer.Body)
	}
	fmt.Println("tagged:", len(answer.JSON200.Tags), "tag")
	return nil
}

// connect puts the machine into a VPC of its own, and gives it a reserved address in place of the one of the pool. What it returns gives
// the address back, once the machine is gone.
func (s *story) connect(id uuid.UUID) (func() error, error) {
	kind := raff.ReserveIPRequestType("IPv4")
	reserved, err := s.api.ReserveIPWithResponse(s.ctx, &raff.ReserveIPParams{XProjectID: s.project}, raff.ReserveIPRequest{Type: &kind})
	if err != nil {
		return nil, err
	}
	if reserved.JSON201 == nil {
		return nil, unexpected(reserved.Status(), reserved.Body)
	}
	ip := reserved.JSON201.Data
	made, err := s.api.CreateVPCWithResponse(s.ctx, &raff.CreateVPCParams{XProjectID: s.project}, raff.CreateVPCRequest{Name: "from-go", Cidr: "10.77.4.0/24"})
	if err != nil {
		return nil, err
	}
	if made.JSON201 == nil {
		return nil, unexpected(made.Status(), made.Body)
	}
	vpc := made.JSON201.Data.Id
	joined, err := s.api.AttachVMToVPCWithResponse(s.ctx, id, &raff.AttachVMToVPCParams{XProjectID: s.project}, raff.AttachVPCRequest{VpcId: vpc})
	if err = answered("join the VPC", err, joined.StatusCode(), joined.Body); err != nil {
		return nil, err
	}
	nics, err := s.nics(id)
	if err != nil {
		return nil, err
	}
	for _, nic := range nics {
		if nic.Type != "public" {
			continue
		}
		detached, err := s.api.DetachVMIPWithResponse(s.ctx, id, nic.NicId, &raff.DetachVMIPParams{XProjectID: s.project})
		if err = answered("detach the address", err, detached.StatusCode(), detached.Body); err != nil {
			return nil, err
		}
	}
	attached, err := s.api.AttachVMIPWithResponse(s.ctx, id, &raff.AttachVMIPParams{XProjectID: s.project}, raff.AttachIPRequest{IpId: &ip.Id})
	if err = answered("attach the address", err, attached.StatusCode(), attached.Body); err != nil {
		return nil, err
	}
	if nics, err = s.nics(id); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, nic := range nics {
		found[nic.Ip] = true
		if strings.HasPrefix(nic.Ip, "10.77.4.") {
			found["inside"] = true
		}
	}
	if !found[ip.IpAddress] || !found["inside"] {
		return nil, fmt.Errorf("it has not the addresses that it was given: %v", found)
	}
	fmt.Println("in a VPC, and reachable at", ip.IpAddress)
	return func() error {
		// The VPC goes with the machine.
		released, err := s.api.ReleaseIPWithResponse(s.ctx, ip.Id, &raff.ReleaseIPParams{XProjectID: s.project})
		return answered("release the address", err, released.StatusCode(), released.Body)
	}, nil
}

func (s *story) nics(id uuid.UUID) ([]raff.VMNetwork, error) {
	answer, err := s.api.ListVMNetworksWithResponse(s.ctx, id, nil)
	if err != nil {
		return nil, err
	}
	if answer.JSON200 == nil {
		return nil, unexpected(answer.Status(), answer.Body)
	}
	return *answer.JSON200.Data, nil
}

// store lets a volume come and go, and takes a snapshot and a backup.
func (s *story) store(id uuid.UUID) error {
	made, err := s.api.CreateVolumeWithResponse(s.ctx, &raff.CreateVolumeParams{XProjectID: s.project}, raff.CreateVolumeRequest{
		Name: "from-go", Size: 10, VolumeType: "nvme", VmId: &id,
	})
	if err != nil {
		return err
	}
	if made.JSON202 == nil {
		return unexpected(made.Status(), made.Body)
	}
	volume := made.JSON202.Data.Id
	is := func(status string) error {
		return until(status, func() (bool, error) {
			seen, err := s.api.GetVolumeWithResponse(s.ctx, volume, &raff.GetVolumeParams{XProjectID: s.project})
			if err != nil {
				return false, err
			}
			if seen.JSON200 == nil {
				return false, unexpected(seen.Status(), seen.Body)
			}
			return string(seen.JSON200.Data.Status) == status, nil
		})
	}
	if err := is("attached"); err != nil {
		return err
	}
	detached, err := s.api.DetachVolumeWithResponse(s.ctx, volume, &raff.DetachVolumeParams{XProjectID: s.project})
	if err = answered("detach the volume", err, detached.StatusCode(), detached.Body); err != nil {
		return err
	}
	if err := is("available"); err != nil {
		return err
	}
	deleted, err := s.api.DeleteVolumeWithResponse(s.ctx, volume, &raff.DeleteVolumeParams{XProjectID: s.project})
	if err = answered("delete the volume", err, deleted.StatusCode(), deleted.Body); err != nil {
		return err
	}
	taken, err := s.api.CreateSnapshotWithResponse(s.ctx, &raff.CreateSnapshotParams{XProjectID: s.project}, raff.CreateSnapshotRequest{
		Name: "from-go", ResourceType: "vm", ResourceId: &id,
	})
	if err != nil {
		return err
	}
	if taken.JSON201 == nil {
		return unexpected(taken.Status(), taken.Body)
	}
	renamed, err := s.api.RenameSnapshotWithResponse(s.ctx, taken.JSON201.Data.Id, &raff.RenameSnapshotParams{XProjectID: s.project}, raff.RenameSnapshotRequest{Name: "renamed"})
	if err = answered("rename the snapshot", err, renamed.StatusCode(), renamed.Body); err != nil {
		return err
	}
	if err := s.await(id, "active"); err != nil {
		return err
	}
	listed, err := s.api.ListSnapshotsWithResponse(s.ctx, &raff.ListSnapshotsParams{VmId: &id})
	if err != nil {
		return err
	}
	if listed.JSON200 == nil {
		return unexpected(listed.Status(), listed.Body)
	}
	for _, snapshot := range *listed.JSON200.Data {
		fmt.Println("snapshots:", snapshot.Name)
	}
	return s.backUp(id)
}

func (s *story) backUp(id uuid.UUID) error {
	begun, err := s.api.CreateBackupWithResponse(s.ctx, &raff.CreateBackupParams{XProjectID: s.project}, raff.CreateBackupRequest{VmId: id})
	if err != nil {
		return err
	}
	if begun.JSON202 == nil {
		return unexpected(begun.Status(), begun.Body)
	}
	backup := begun.JSON202.Data.Id
	if err := until("ready", func() (bool, error) {
		seen, err := s.api.GetBackupWithResponse(s.ctx, backup, &raff.GetBackupParams{XProjectID: s.project})
		if err != nil {
			return false, err
		}
		if seen.JSON200 == nil {
			return false, unexpected(seen.Status(), seen.Body)
		}
		return string(seen.JSON200.Data.Status) == "ready", nil
	}); err != nil {
		return err
	}
	deleted, err := s.api.DeleteBackupWithResponse(s.ctx, backup, &raff.DeleteBackupParams{XProjectID: s.project})
	if err = answered("delete the backup", err, deleted.StatusCode(), deleted.Body); err != nil {
		return err
	}
	return s.await(id, "active")
}

// exceedLimit sends more than any burst allows, and sees everything answered in the end.
func (s *story) exceedLimit() error {
	answered := 0
	for s.doer.refused.Load() == 0 {
		if answered >= 1000 {
			return errors.New("1,000 requests and never a 429")
		}
		var group sync.WaitGroup
		var failed atomic.Int64
		for range 100 {
			group.Go(func() {
				answer, err := s.api.ListVMsWithResponse(s.ctx, nil)
				if err != nil || answer.JSON200 == nil {
					failed.Add(1)
				}
			})
		}
		group.Wait()
		if failed.Load() > 0 {
			return fmt.Errorf("%d of 100 requests were not answered", failed.Load())
		}
		answered += 100
	}
	fmt.Println("answered", answered, "requests,", s.doer.refused.Load(), "of them after a 429")
	return nil
}

func (s *story) remove(id uuid.UUID) error {
	answer, err := s.api.DeleteVMWithResponse(s.ctx, id, &raff.DeleteVMParams{XProjectID: s.project}, raff.DeleteVMRequest{})
	if err = answered("delete", err, answer.StatusCode(), answer.Body); err != nil {
		return err
	}
	return until("gone", func() (bool, error) {
		seen, err := s.api.GetVMWithResponse(s.ctx, id)
		return err == nil && seen.StatusCode() == http.StatusNotFound, err
	})
}

func (s *story) await(id uuid.UUID, status string) error {
	return until(status, func() (bool, error) {
		answer, err := s.api.GetVMWithResponse(s.ctx, id)
		if err != nil {
			return false, err
		}
		if answer.JSON200 == nil {
			return false, unexpected(answer.Status(), answer.Body)
		}
		return string(answer.JSON200.Data.Status) == status, nil
	})
}

func until(what string, holds func() (bool, error)) error {
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		done, err := holds()
		if err != nil {
			return err
		}
		if done {
			fmt.Println("it is", what)
			return nil
		}
	}
	return fmt.Errorf("it did not become %s within %s", what, deadline)
}

func answered(what string, err error, status int, body []byte) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if status >= 400 {
		return fmt.Errorf("%s: %d %s", what, status, body)
	}
	return nil
}

func unexpected(status string, body []byte) error {
	return fmt.Errorf("unexpected answer: %s %s", status, body)
}
