package connect

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// Call is a request of the platform's backend whose key has been checked.
type Call interface {
	// ID returns an ID for what the call creates: a repetition gets the same.
	ID(prefix string) (id string, ok bool)
	// Secret returns a secret for what the call creates; a repetition gets the
	// same.
	Secret(use string) [sha256.Size]byte
}

// LinkObject is a link as the API shows it.
type LinkObject struct {
	ID        string    `json:"id"`
	Object    string    `json:"object"` // always "connect_link"
	URL       string    `json:"url"`
	Reference string    `json:"reference"`
	Scope     Scope     `json:"scope"`
	Livemode  bool      `json:"livemode"`
	ReturnURL *string   `json:"return_url"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// AccountObject is an account as the API and the webhooks show it.
type AccountObject struct {
	ID              string     `json:"id"`
	Object          string     `json:"object"` // always "connected_account"
	Reference       string     `json:"reference"`
	State           State      `json:"state"`
	Scope           Scope      `json:"scope"`
	Livemode        bool       `json:"livemode"`
	ConnectedAt     time.Time  `json:"connected_at"`
	DisconnectedAt  *time.Time `json:"disconnected_at"`
	Reason          *Reason    `json:"disconnect_reason"`
	ChargesEnabled  bool       `json:"charges_enabled"`
	PayoutsEnabled  bool       `json:"payouts_enabled"`
	Country         *string    `json:"country"`
	DefaultCurrency *string    `json:"default_currency"`
	ReadAt          *time.Time `json:"read_at"`
}

// Render returns the account as the API shows it.
func Render(a *Account) AccountObject {
	return AccountObject{
		ID:              a.ID,
		Object:          "connected_account",
		Reference:       a.Reference,
		State:           a.State,
		Scope:           a.Scope,
		Livemode:        a.Livemode,
		ConnectedAt:     a.ConnectedAt.UTC(),
		DisconnectedAt:  optional(a.DisconnectedAt),
		Reason:          optional(a.Reason),
		ChargesEnabled:  a.ChargesEnabled,
		PayoutsEnabled:  a.PayoutsEnabled,
		Country:         optional(a.Country),
		DefaultCurrency: optional(a.DefaultCurrency),
		ReadAt:          optional(a.ReadAt),
	}
}

// optional returns nil for a zero value, which the API shows as null.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// AccountPage is one page of accounts, newest first.
type AccountPage struct {
	Object  string          `json:"object"` // always "list"
	Data    []accountAnswer `json:"data"`
	HasMore bool            `json:"has_more"`
}

const maxBody = 32 << 10

// ServeCreateLink is POST /v1/connect/links.
func (s *Service) ServeCreateLink(w http.ResponseWriter, r *http.Request, c Call) error {
	var req LinkRequest
	if err := httpio.DecodeJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	id, _ := c.ID("lnk_") // "" if no repetition could be recognized
	token := orders.NewToken(c.Secret("link"))
	l, err := s.CreateLink(r.Context(), req, id, token)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("link_id", l.ID)
	return httpio.WriteJSON(w, http.StatusCreated, LinkObject{
		ID:        l.ID,
		Object:    "connect_link",
		URL:       s.URL(l.ID, token),
		Reference: l.Reference,
		Scope:     l.Scope,
		Livemode:  l.Livemode,
		ReturnURL: optional(l.ReturnURL),
		CreatedAt: l.CreatedAt.UTC(),
		ExpiresAt: l.ExpiresAt.UTC(),
	})
}

// ServeAccounts is GET /v1/connect/accounts.
func (s *Service) ServeAccounts(w http.ResponseWriter, r *http.Request, _ Call) error {
	f, err := parseFilter(r.URL.Query())
	if err != nil {
		return err
	}

	limit := f.Limit
	f.PastDueFrom = s.cfg.Now().Add(-s.cfg.Grace)
	f.Limit++ // one more shows whether there are more
	found, err := s.cfg.Store.ConnectAccounts(r.Context(), f)
	if errors.Is(err, ErrNoAccount) {
		err = fault.InvalidField("starting_after", "account_unknown",
			"There is no connected account with the ID in starting_after.")
	}
	if err != nil {
		return err
	}

	shown, err := s.answers(r.Context(), found[:min(limit, len(found))])
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, AccountPage{Object: "list", Data: shown, HasMore: len(found) > limit})
}

// The number of accounts of a page.
const (
	defaultPage = 10
	maxPage     = 100
)

// parseFilter returns the filter that a query asks for. A parameter that is
// misspelt must not list other accounts than asked for, so it is refused.
func parseFilter(q url.Values) (f Filter, err error) {
	f.Limit = defaultPage
	for name, values := range q {
		value := values[0]
		switch {
		case len(values) != 1:
			return f, fault.InvalidField(short(name), "parameter_repeated", "Give each parameter once.")
		case value == "":
			return f, fault.InvalidField(short(name), "parameter_empty",
				"A parameter without a value selects nothing: leave it out.")
		}

		switch name {
		case "limit":
			f.Limit, err = strconv.Atoi(value)
			if err != nil || f.Limit < 1 || f.Limit > maxPage {
				return f, fault.InvalidField(name, "limit_out_of_range",
					fmt.Sprintf("The limit must be between 1 and %d.", maxPage))
			}

		case "starting_after":
			f.After = value
		case "reference":
			f.Reference = value
		case "active":
			if value != "true" && value != "false" {
				return f, fault.InvalidField(name, "active_unknown", "Active is true or false.")
			}
			f.App = AppInactive
			if value == "true" {
				f.App = AppActive
			}

		case "state":
			f.States = []State{State(value)}
			if f.States[0] != Connected && f.States[0] != Disconnected {
				return f, fault.InvalidField(name, "state_unknown", "The state is connected or disconnected.")
			}

		default:
			return f, fault.InvalidField(short(name), "parameter_unknown", "There is no such parameter.")
		}
	}

	return f, nil
}

// short returns a name as an error may repeat it.
func short(name string) string {
	const longest = 64
	return strings.ToValidUTF8(name[:min(len(name), longest)], "")
}

// ServeAccount is GET /v1/connect/accounts/{id}.
func (s *Service) ServeAccount(w http.ResponseWriter, r *http.Request, _ Call) error {
	a, err := s.cfg.Store.ConnectAccount(r.Context(), r.PathValue("id"))
	return s.writeAccount(w, r, a, err)
}

// ServeSync is POST /v1/connect/accounts/{id}/sync.
func (s *Service) ServeSync(w http.ResponseWriter, r *http.Request, _ Call) error {
	a, err := s.Sync(r.Context(), r.PathValue("id"))
	return s.writeAccount(w, r, a, err)
}

// ServeDeauthorize is POST /v1/connect/accounts/{id}/deauthorize.
func (s *Service) ServeDeauthorize(w http.ResponseWriter, r *http.Request, _ Call) error {
	a, err := s.Deauthorize(r.Context(), r.PathValue("id"))
	return s.writeAccount(w, r, a, err)
}

func (s *Service) writeAccount(w http.ResponseWriter, r *http.Request, a Account, err error) error {
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("account_id", a.ID)
	shown, err := s.answers(r.Context(), []Account{a})
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, shown[0])
}
