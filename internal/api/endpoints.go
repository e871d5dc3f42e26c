package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// EndpointObject is a webhook endpoint as the shop's backend sees it. A member
// without a value is null.
type EndpointObject struct {
	ID             string           `json:"id"`
	Object         string           `json:"object"` // always "webhook_endpoint"
	URL            string           `json:"url"`
	Types          []string         `json:"types"` // empty for all
	Status         deliveries.State `json:"status"`
	DisabledReason *string          `json:"disabled_reason"`
	// Configured is true for one that follows ENDPOINTS of the configuration.
	Configured    bool       `json:"configured"`
	LastSuccessAt *time.Time `json:"last_success_at"` // to about a minute
	FailingSince  *time.Time `json:"failing_since"`
	CreatedAt     time.Time  `json:"created_at"`
	// Secret is in the answers to the creation and to a rotation only.
	Secret *string `json:"secret,omitempty"`
}

// RenderEndpoint returns an endpoint without its secrets.
func RenderEndpoint(e deliveries.Endpoint) EndpointObject {
	return EndpointObject{
		ID:             e.ID,
		Object:         "webhook_endpoint",
		URL:            e.URL,
		Types:          append([]string{}, e.Types...),
		Status:         e.State,
		DisabledReason: optional(e.Reason),
		Configured:     e.Configured(),
		LastSuccessAt:  optionalTime(e.LastSuccessAt),
		FailingSince:   optionalTime(e.FailingSince),
		CreatedAt:      e.CreatedAt.UTC(),
	}
}

// RenderWithSecret returns the endpoint with its current secret.
func RenderWithSecret(e deliveries.Endpoint) EndpointObject {
	out := RenderEndpoint(e)
	out.Secret = &e.Secrets[0].Value
	return out
}

// endpointBody is the body of a creation or a change. In a change, what is left
// out stays.
type endpointBody struct {
	URL      *string                   `json:"url"`
	Types    orders.Nullable[[]string] `json:"types"` // null or empty: all
	Disabled *bool                     `json:"disabled"`
}

// types returns the types of the body, each once.
func (b endpointBody) types() []string {
	if b.Types.Value == nil {
		return nil
	}
	list := slices.Clone(*b.Types.Value)
	slices.Sort(list)
	return slices.Compact(list)
}

// ServeEndpoints is GET /v1/webhook_endpoints.
func (s *Service) ServeEndpoints(w http.ResponseWriter, r *http.Request, _ Call) error {
	none := func(name, _ string) error { return errUnknownParameter(name) }
	if err := parseQuery(r.URL.Query(), none); err != nil {
		return err
	}

	list, err := s.cfg.Endpoints.Endpoints(r.Context())
	if err != nil {
		return err
	}

	page := Page[EndpointObject]{Object: "list", Data: []EndpointObject{}}
	for _, e := range list {
		page.Data = append(page.Data, RenderEndpoint(e))
	}
	return httpio.WriteJSON(w, http.StatusOK, page)
}

// ServeEndpoint is GET /v1/webhook_endpoints/{id}.
func (s *Service) ServeEndpoint(w http.ResponseWriter, r *http.Request, _ Call) error {
	e, err := s.endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, RenderEndpoint(e))
}

// endpoint returns the endpoint with an ID.
func (s *Service) endpoint(ctx context.Context, id string) (deliveries.Endpoint, error) {
	list, err := s.cfg.Endpoints.Endpoints(ctx)
	if err != nil {
		return deliveries.Endpoint{}, err
	}

	i := slices.IndexFunc(list, func(e deliveries.Endpoint) bool { return e.ID == id })
	if i < 0 {
		return deliveries.Endpoint{}, deliveries.ErrNotFound
	}

	httpio.LogFields(ctx).Set("endpoint_id", id)
	return list[i], nil
}

// ServeCreateEndpoint is POST /v1/webhook_endpoints.
func (s *Service) ServeCreateEndpoint(w http.ResponseWriter, r *http.Request, c Call) error {
	var body endpointBody
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}
	if body.URL == nil {
		return fault.InvalidField("url", "url_missing", "An endpoint needs a url.")
	}

	now := s.cfg.Now().Truncate(time.Microsecond) // as it is stored
	e, err := deliveries.NewEndpoint(*body.URL, body.types(), s.cfg.Networks, now)
	if err != nil {
		return err
	}

	e.Secrets[0].Value = deliveries.SecretOf(c.Secret("endpoint"))
	if body.Disabled != nil && *body.Disabled {
		e.Disable(disabledByAPI)
	}

	if id, ok := c.ID("we_"); ok {
		e.ID = id
		switch made, err := s.endpoint(r.Context(), id); {
		case err == nil: // by a call whose answer was lost
			return s.writeCreated(w, made)
		case !fault.Is(err, deliveries.ErrNotFound.Code):
			return err
		}
	}

	if err := s.cfg.Endpoints.AddEndpoint(r.Context(), e); err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("endpoint_id", e.ID)
	return s.writeCreated(w, e)
}

func (s *Service) writeCreated(w http.ResponseWriter, e deliveries.Endpoint) error {
	w.Header().Set("Location", "/v1/webhook_endpoints/"+e.ID)
	return httpio.WriteJSON(w, http.StatusCreated, RenderWithSecret(e))
}

const disabledByAPI = "it was disabled through the API"

// ServeChangeEndpoint is PATCH /v1/webhook_endpoints/{id}.
func (s *Service) ServeChangeEndpoint(w http.ResponseWriter, r *http.Request, _ Call) error {
	var body endpointBody
	if err := httpio.DecodeJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	if body.URL != nil {
		if err := deliveries.CheckURL(*body.URL, s.cfg.Networks); err != nil {
			return err
		}
	}
	types := body.types()
	if err := deliveries.CheckTypes(types); err != nil {
		return err
	}

	id := r.PathValue("id")
	e, err := s.cfg.Endpoints.ChangeEndpoint(r.Context(), id, func(e *deliveries.Endpoint) error {
		if e.Configured() && (body.URL != nil || body.Types.Set) {
			return deliveries.ErrConfigured
		}

		if body.URL != nil {
			e.URL = *body.URL
		}
		if body.Types.Set {
			e.Types = types
		}

		switch {
		case body.Disabled == nil:
		case *body.Disabled && e.State == deliveries.Enabled:
			e.Disable(disabledByAPI)
		case !*body.Disabled && e.State == deliveries.Disabled:
			e.Enable(s.cfg.Now())
		}
		return nil
	})
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("endpoint_id", id)
	return httpio.WriteJSON(w, http.StatusOK, RenderEndpoint(e))
}

// ServeRemoveEndpoint is DELETE /v1/webhook_endpoints/{id}.
func (s *Service) ServeRemoveEndpoint(w http.ResponseWriter, r *http.Request, _ Call) error {
	e, err := s.endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if e.Configured() { // it would come back at the next start
		return deliveries.ErrConfigured
	}

	if err := s.cfg.Endpoints.RemoveEndpoint(r.Context(), e.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// rotateBody is the body of a rotation.
type rotateBody struct {
	KeepSeconds *int64 `json:"keep_seconds"` // how long the former secrets go on signing
}

// The time that the former secrets go on signing.
const (
	defaultKeep = 24 * time.Hour
	maxKeep     = 30 * 24 * time.Hour
)

// ServeRotateEndpoint is POST /v1/webhook_endpoints/{id}/rotate.
func (s *Service) ServeRotateEndpoint(w http.ResponseWriter, r *http.Request, c Call) error {
	var body rotateBody
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	keep := defaultKeep
	if n := body.KeepSeconds; n != nil {
		if *n < 0 || *n > int64(maxKeep/time.Second) {
			return fault.InvalidField("keep_seconds", "number_out_of_range",
				"The former secrets may go on signing for 0 seconds to 30 days.")
		}
		keep = time.Duration(*n) * time.Second
	}

	id, now, secret := r.PathValue("id"), s.cfg.Now(), deliveries.SecretOf(c.Secret("endpoint"))
	e, err := s.cfg.Endpoints.ChangeEndpoint(r.Context(), id, func(e *deliveries.Endpoint) error {
		if e.Secrets[0].Value == secret { // by a call whose answer was lost
			return nil
		}
		return e.Rotate(secret, now, now.Add(keep))
	})
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("endpoint_id", id)
	return httpio.WriteJSON(w, http.StatusOK, RenderWithSecret(e))
}

// TestObject is the outcome of a test webhook.
type TestObject struct {
	Object    string `json:"object"` // always "webhook_test"
	Delivered bool   `json:"delivered"`
	TryObject
}

// ServeTestEndpoint is POST /v1/webhook_endpoints/{id}/test.
func (s *Service) ServeTestEndpoint(w http.ResponseWriter, r *http.Request, _ Call) error {
	var body struct{}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	e, err := s.endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	try, err := s.cfg.Sender.Test(r.Context(), e)
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, TestObject{"webhook_test", try.OK(), RenderTry(try)})
}
