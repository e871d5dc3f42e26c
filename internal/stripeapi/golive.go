package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/form"

	"checkoutd/internal/golive"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/payments"
)

// Library is the client library for Stripe's API, and LibraryVersion the API
// version that it was made for.
const (
	Library        = "stripe-go " + stripe.ClientVersion
	LibraryVersion = stripe.APIVersion
)

// Checklist reads what the checklist before going live judges. All its calls
// are GETs, but for that of CreateEndpoint. Its errors are those of
// golive.Stripe.
type Checklist struct{ client *Client }

// NewChecklist returns what the checklist reads with the client.
func NewChecklist(c *Client) *Checklist { return &Checklist{c} }

// rights names the permission that Stripe says is missing: "Having the
// 'rak_balance_read' permission would allow this request to continue."
var rights = regexp.MustCompile(`\brak_[a-z0-9_]+`)

// readable turns an error of a call into one of golive.Stripe.
func readable(err error) error {
	if err == nil {
		return nil
	}

	var e *stripe.Error
	if !errors.As(err, &e) {
		return &golive.FailedError{Text: "none (" + clipped{err}.Error() + ")", NoAnswer: true}
	}

	if e.HTTPStatusCode == http.StatusForbidden {
		return &golive.RefusedError{Permission: rights.FindString(e.Msg)}
	}

	// Stripe's sentence may quote the key, so that only its code is repeated.
	text := fmt.Sprintf("status %d %s", e.HTTPStatusCode, errorType(e))
	if e.HTTPStatusCode == http.StatusUnauthorized {
		text = "it does not know the key (status 401)"
	}

	return &golive.FailedError{Text: text}
}

// unmade turns an error of a creation into one of golive.Creator, with Stripe's
// reason.
func unmade(err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return readable(err)
	}

	reason := clipped{errors.New(keys.ReplaceAllString(e.Msg, "${1}_…"))}.Error()
	if e.HTTPStatusCode == http.StatusForbidden {
		return &golive.RefusedError{Permission: rights.FindString(e.Msg), Reason: reason}
	}

	// What an earlier request under the key did, the caller looks for.
	reused := e.Type == stripe.ErrorTypeIdempotency && e.HTTPStatusCode == http.StatusBadRequest

	return &golive.FailedError{
		Text:    fmt.Sprintf("status %d %s: %s", e.HTTPStatusCode, errorType(e), reason),
		Certain: reused || outcome(e) == payments.OutcomeRefused,
	}
}

// keys finds keys and secrets in Stripe's sentences, where a part of them may
// be starred.
var keys = regexp.MustCompile(`\b(sk|rk|pk|whsec)_[A-Za-z0-9_*]+`)

// get reads an address of the API.
func (l *Checklist) get(ctx context.Context, path string, query url.Values, into stripe.LastResponseSetter) error {
	return readable(l.fetch(ctx, path, query, into))
}

// fetch is get with the error of stripe-go.
func (l *Checklist) fetch(ctx context.Context, path string, query url.Values, into stripe.LastResponseSetter) error {
	values := &form.Values{}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values.Add(name, query.Get(name))
	}

	c := l.client
	params := &stripe.Params{Context: ctx}
	return c.backend.CallRaw(http.MethodGet, path, unkeyed, values, params, into)
}

// page is a page of a list.
type page[T any] struct {
	stripe.APIResource
	HasMore bool `json:"has_more"`
	Data    []T  `json:"data"`
}

// maxObjects bounds what is read of a list: an account may have at most 16
// webhook endpoints in each mode, and 100 registered host names.
const maxObjects = 500

// all reads a list to its end.
func all[T interface{ id() string }](
	ctx context.Context, l *Checklist, path string, query url.Values,
) (list []T, err error) {
	query.Set("limit", strconv.Itoa(pageSize))
	for len(list) < maxObjects {
		var p page[T]
		if err := l.get(ctx, path, query, &p); err != nil {
			return nil, err
		}

		list = append(list, p.Data...)
		if !p.HasMore || len(p.Data) == 0 {
			break
		}

		query.Set("starting_after", p.Data[len(p.Data)-1].id())
	}

	return list, nil
}

// Balance implements golive.Stripe.
func (l *Checklist) Balance(ctx context.Context) (golive.Balance, error) {
	var found struct {
		stripe.APIResource
		Livemode bool `json:"livemode"`
	}

	err := l.fetch(ctx, "/v1/balance", nil, &found)

	// A refusal has the headers, too.
	answer := found.LastResponse

	var e *stripe.Error
	if errors.As(err, &e) {
		answer = e.LastResponse
	}

	b := golive.Balance{Livemode: found.Livemode}
	if answer != nil {
		b.Version = answer.Header.Get("Stripe-Version")
		b.Date, _ = http.ParseTime(answer.Header.Get("Date"))
	}

	return b, readable(err)
}

// OwnAccount implements golive.Stripe.
func (l *Checklist) OwnAccount(ctx context.Context) (golive.Account, error) {
	var found struct {
		stripe.APIResource
		ID               string            `json:"id"`
		ChargesEnabled   bool              `json:"charges_enabled"`
		PayoutsEnabled   bool              `json:"payouts_enabled"`
		DetailsSubmitted bool              `json:"details_submitted"`
		Capabilities     map[string]string `json:"capabilities"`
		Requirements     struct {
			CurrentlyDue   []string `json:"currently_due"`
			PastDue        []string `json:"past_due"`
			DisabledReason string   `json:"disabled_reason"`
		} `json:"requirements"`
		BusinessProfile struct {
			Name         string `json:"name"`
			SupportEmail string `json:"support_email"`
			SupportPhone string `json:"support_phone"`
			SupportURL   string `json:"support_url"`
		} `json:"business_profile"`
		Settings struct {
			Payments struct {
				StatementDescriptor string `json:"statement_descriptor"`
			} `json:"payments"`
		} `json:"settings"`
	}

	err := l.get(ctx, "/v1/account", nil, &found)

	profile := found.BusinessProfile

	return golive.Account{
		ID:               found.ID,
		ChargesEnabled:   found.ChargesEnabled,
		PayoutsEnabled:   found.PayoutsEnabled,
		DetailsSubmitted: found.DetailsSubmitted,
		CurrentlyDue:     found.Requirements.CurrentlyDue,
		PastDue:          found.Requirements.PastDue,
		DisabledReason:   found.Requirements.DisabledReason,
		Descriptor:       found.Settings.Payments.StatementDescriptor,
		Name:             profile.Name,
		HasSupport:       profile.SupportEmail != "" || profile.SupportPhone != "" || profile.SupportURL != "",
		Capabilities:     found.Capabilities,
	}, err
}

type endpointJSON struct {
	ID            string   `json:"id"`
	URL           string   `json:"url"`
	Application   string   `json:"application"`
	APIVersion    string   `json:"api_version"`
	EnabledEvents []string `json:"enabled_events"`
	Status        string   `json:"status"`
	Livemode      bool     `json:"livemode"`
	Created       int64    `json:"created"`
	Secret        string   `json:"secret"`
}

func (e endpointJSON) id() string { return e.ID }

func (e endpointJSON) endpoint() golive.Endpoint {
	return golive.Endpoint{
		ID:         e.ID,
		URL:        e.URL,
		Connect:    e.Application != "",
		APIVersion: e.APIVersion,
		Events:     e.EnabledEvents,
		Enabled:    e.Status == "enabled",
		Livemode:   e.Livemode,
		Created:    time.Unix(e.Created, 0),
		Secret:     e.Secret,
	}
}

// WebhookEndpoints implements golive.Stripe.
func (l *Checklist) WebhookEndpoints(ctx context.Context) (list []golive.Endpoint, err error) {
	found, err := all[endpointJSON](ctx, l, "/v1/webhook_endpoints", url.Values{})
	for _, e := range found {
		list = append(list, e.endpoint())
	}
	return list, err
}

// CreateWebhookEndpoint implements golive.Creator.
func (l *Checklist) CreateWebhookEndpoint(ctx context.Context, e golive.NewEndpoint) (golive.Endpoint, error) {
	values := &form.Values{}
	values.Add("url", e.URL)
	values.Add("api_version", e.APIVersion)
	values.Add("connect", strconv.FormatBool(e.Connect))
	values.Add("description", "checkoutd")

	for i, name := range e.Events {
		values.Add(fmt.Sprintf("enabled_events[%d]", i), name)
	}

	var made struct {
		stripe.APIResource
		endpointJSON
	}

	params := &stripe.Params{}
	post(ctx, params, idempotency.WebhookEndpoint(e.Seed))

	c := l.client
	err := c.backend.CallRaw(http.MethodPost, "/v1/webhook_endpoints", unkeyed, values, params, &made)

	return made.endpoint(), unmade(err)
}

// maxUndelivered bounds the events that are read: if one endpoint of the
// account takes nothing, every event counts as undelivered.
const maxUndelivered = 1000

// Undelivered implements golive.Stripe.
func (l *Checklist) Undelivered(ctx context.Context, since, until time.Time) (u golive.Undelivered, err error) {
	query := url.Values{
		"created[gte]":     {strconv.FormatInt(since.Unix(), 10)},
		"created[lte]":     {strconv.FormatInt(until.Unix(), 10)},
		"delivery_success": {"false"},
		"limit":            {strconv.Itoa(pageSize)},
	}

	for u.More = true; u.More && len(u.Events) < maxUndelivered; {
		var p page[struct {
			ID      string `json:"id"`
			Type    string `json:"type"`
			Created int64  `json:"created"`
		}]
		if err := l.get(ctx, "/v1/events", query, &p); err != nil {
			return golive.Undelivered{}, err
		}

		for _, e := range p.Data {
			u.Events = append(u.Events, golive.Event{ID: e.ID, Type: e.Type, Created: time.Unix(e.Created, 0)})
			query.Set("starting_after", e.ID)
		}

		u.More = p.HasMore && len(p.Data) > 0
	}

	return u, nil
}

// domainMethods are the payment methods that need a registered host name
// (https://docs.stripe.com/payments/payment-methods/pmd-registration).
var domainMethods = []string{"apple_pay", "google_pay", "link", "paypal", "klarna", "amazon_pay"}

type domainJSON map[string]any

func (d domainJSON) id() string { return text(d["id"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// MethodDomains implements golive.Stripe.
func (l *Checklist) MethodDomains(ctx context.Context, host string) (list []golive.Domain, err error) {
	found, err := all[domainJSON](ctx, l, "/v1/payment_method_domains", url.Values{"domain_name": {host}})
	for _, d := range found {
		domain := golive.Domain{}
		domain.Enabled, _ = d["enabled"].(bool)
		domain.Livemode, _ = d["livemode"].(bool)

		for _, name := range domainMethods {
			m, ok := d[name].(map[string]any)
			if !ok {
				continue
			}

			details, _ := m["status_details"].(map[string]any)
			domain.Methods = append(domain.Methods, golive.DomainMethod{
				Name:    name,
				Active:  text(m["status"]) == "active",
				Message: text(details["error_message"]),
			})
		}

		list = append(list, domain)
	}

	return list, err
}

type configurationJSON map[string]any

func (c configurationJSON) id() string { return text(c["id"]) }

// MethodConfigurations implements golive.Stripe.
func (l *Checklist) MethodConfigurations(ctx context.Context) (list []golive.Configuration, err error) {
	found, err := all[configurationJSON](ctx, l, "/v1/payment_method_configurations", url.Values{})
	for _, c := range found {
		out := golive.Configuration{ID: c.id()}
		out.Active, _ = c["active"].(bool)
		out.IsDefault, _ = c["is_default"].(bool)
		out.Livemode, _ = c["livemode"].(bool)

		for _, name := range slices.Sorted(maps.Keys(c)) {
			method, _ := c[name].(map[string]any)
			if available, _ := method["available"].(bool); available {
				out.Available = append(out.Available, name)
			}
		}

		list = append(list, out)
	}

	return list, err
}
