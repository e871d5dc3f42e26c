package golive

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

const (
	// runEvery is how often a run may be asked for over HTTP, whoever asks.
	runEvery = time.Minute
	maxBody  = 1 << 10
)

var errNotRun = fault.New(fault.NotFound, "golive_not_run",
	"The checklist has not been run yet: POST to this address, or the command \"server golive\", runs it.")

// errTooSoon refuses a run so soon after another one.
func errTooSoon(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	return fault.New(fault.TooMany, "golive_too_soon",
		fmt.Sprintf("A run of the checklist began less than a minute ago. GET has the last report; the next run may "+
			"begin in %d s.", seconds)).With("retry_after", seconds)
}

// Handler serves the checklist over HTTP, for whoever was let in before.
type Handler struct {
	// Service returns the checklist with the settings of now. test expects test
	// keys instead of live ones.
	Service func(test bool) (*Service, error)
}

// ServeLast is GET /v1/golive: the last report, with the history.
func (h Handler) ServeLast(w http.ResponseWriter, r *http.Request) error {
	service, err := h.Service(false)
	if err != nil {
		return err
	}
	return service.answer(r.Context(), w)
}

// ServeRun is POST /v1/golive: a run. It is finished and kept even if the
// client leaves, because others would have to wait for the next one.
func (h Handler) ServeRun(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Test bool `json:"test"`
	}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	service, err := h.Service(body.Test)
	if err != nil {
		return err
	}

	ctx := context.WithoutCancel(r.Context())
	wait, err := service.cfg.Store.BeginGoLive(ctx, service.cfg.Now(), runEvery)
	switch {
	case err != nil:
		return err
	case wait > 0:
		return errTooSoon(wait)
	}

	if _, err := service.Run(ctx); err != nil {
		return err
	}

	return service.answer(ctx, w)
}

// answer sends the document of the last run.
func (s *Service) answer(ctx context.Context, w http.ResponseWriter) error {
	d, ok, err := s.Document(ctx)
	switch {
	case err != nil:
		return err
	case !ok:
		return errNotRun
	}
	return httpio.WriteJSON(w, http.StatusOK, d)
}
