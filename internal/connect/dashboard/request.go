package dashboard

import (
	"context"
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// noLogin is the feature by which nobody has to log in at Stripe. It is sent
// only if a link sets it: most accounts may not have it
// (https://docs.stripe.com/api/account_sessions/create).
const noLogin = "disable_stripe_user_authentication"

// offered lists the components that a link may have, with their features as
// they are unless the link sets them.
var offered = map[string]Features{
	"payments": {
		"capture_payments":                           true,
		"dispute_management":                         true,
		"refund_management":                          true,
		"destination_on_behalf_of_charge_management": false,
	},
	"payouts":             payoutFeatures,
	"balances":            payoutFeatures,
	"payouts_list":        {},
	"documents":           {},
	"notification_banner": {"external_account_collection": true},
	"account_onboarding":  {"external_account_collection": true},
	"account_management":  {"external_account_collection": true},
}

// payoutFeatures turns payouts off, which Stripe would turn on where it bears
// the losses: whoever has the session could pay out.
var payoutFeatures = Features{
	"edit_payout_schedule":        false,
	"external_account_collection": true,
	"instant_payouts":             false,
	"standard_payouts":            false,
}

// writing are the features that change something with the rights of the
// platform.
var writing = []string{
	"capture_payments", "dispute_management", "refund_management", "destination_on_behalf_of_charge_management",
	"edit_payout_schedule", "instant_payouts", "standard_payouts",
}

// LinkRequest is what the platform's backend asks for.
type LinkRequest struct {
	Components []string            `json:"components"` // nil for payments
	Features   map[string]Features `json:"features"`   // by component
	ExpiresIn  int                 `json:"expires_in"` // seconds, 0 for five minutes
}

// LinkObject is a link as the API shows it.
type LinkObject struct {
	ID         string              `json:"id"`
	Object     string              `json:"object"` // always "dashboard_link"
	Account    string              `json:"account"`
	URL        string              `json:"url"`
	Components map[string]Features `json:"components"`
	CreatedAt  time.Time           `json:"created_at"`
	ExpiresAt  time.Time           `json:"expires_at"`
}

// Call is a request of the platform's backend whose key has been checked.
type Call interface {
	// ID returns an ID for what the call creates: a repetition gets the same.
	ID(prefix string) (id string, ok bool)
	// Secret returns a secret for what the call creates; a repetition gets the
	// same.
	Secret(use string) [sha256.Size]byte
}

const (
	maxBody      = 8 << 10
	linkPrefix   = "cdl_"
	shortestLink = time.Minute
	usualLink    = 5 * time.Minute
	longestLink  = 24 * time.Hour
)

// ServeCreateLink is POST /v1/connect/accounts/{id}/dashboard_links.
func (s *Service) ServeCreateLink(w http.ResponseWriter, r *http.Request, c Call) error {
	var req LinkRequest
	if err := httpio.DecodeOptionalJSON(w, r, &req, maxBody); err != nil {
		return err
	}

	id, ok := c.ID(linkPrefix)
	if !ok {
		id = orders.NewID(linkPrefix)
	}

	token := orders.NewToken(c.Secret("dashboard"))
	d, err := s.createLink(r.Context(), r.PathValue("id"), req, id, token)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("account_id", d.AccountID)
	return httpio.WriteJSON(w, http.StatusCreated, LinkObject{
		ID:         d.ID,
		Object:     "dashboard_link",
		Account:    d.AccountID,
		URL:        s.cfg.BaseURL + OpenPath + "?token=" + token,
		Components: d.Components,
		CreatedAt:  d.CreatedAt,
		ExpiresAt:  d.LinkExpiresAt,
	})
}

func (s *Service) createLink(
	ctx context.Context, account string, req LinkRequest, id, token string,
) (d Dashboard, err error) {
	a, err := s.cfg.Store.ConnectAccount(ctx, account)
	switch {
	case err != nil:
		return d, err
	case !a.IsConnected():
		return d, connect.ErrNotConnected
	}

	lifetime := usualLink
	if req.ExpiresIn != 0 {
		lifetime = time.Duration(req.ExpiresIn) * time.Second
	}

	if lifetime < shortestLink || lifetime > longestLink {
		return d, fault.InvalidField("expires_in", "lifetime_out_of_range", "A link is valid for 60 to 86400 seconds.")
	}

	now := s.cfg.Now().UTC().Truncate(time.Microsecond) // as it is stored
	d = Dashboard{
		ID:            id,
		AccountID:     a.ID,
		LinkHash:      hash(token),
		LinkExpiresAt: now.Add(lifetime),
		SessionHash:   []byte{},
		ExpiresAt:     now.Add(lifetime),
		CreatedAt:     now,
	}

	if d.Components, err = componentsOf(req); err != nil {
		return d, err
	}

	return d, s.cfg.Store.AddDashboard(ctx, d)
}

// componentsOf returns the components that a request asks for, with all their
// features.
func componentsOf(req LinkRequest) (map[string]Features, error) {
	names := req.Components
	if names == nil {
		names = []string{"payments"}
	}

	out := make(map[string]Features, len(names))
	for _, name := range names {
		usual, ok := offered[name]
		if !ok {
			return nil, fault.InvalidField("components", "component_unknown",
				"The components are "+list(offered)+".")
		}

		out[name] = maps.Clone(usual)
	}

	if len(out) == 0 {
		return nil, fault.InvalidField("components", "components_missing", "Name at least one component.")
	}

	for name, features := range req.Features {
		own, ok := out[name]
		if !ok {
			return nil, fault.InvalidField("features", "component_missing",
				"Features are for components that the link has: name those in components.")
		}

		for feature, on := range features {
			_, usual := own[feature]
			_, collects := own["external_account_collection"]
			if !usual && !(feature == noLogin && collects) {
				return nil, fault.InvalidField("features."+name, "feature_unknown",
					"The features of this component are "+list(offered[name])+".")
			}

			own[feature] = on
		}
	}

	return out, nil
}

// list returns the names of a table as a sentence has them.
func list[V any](table map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}

// sent returns the components as they are sent to Stripe for an account.
func sent(components map[string]Features, a connect.Account) map[string]map[string]bool {
	out := make(map[string]map[string]bool, len(components))
	for name, features := range components {
		own := maps.Clone(map[string]bool(features))
		for feature := range own {
			if slices.Contains(writing, feature) && !a.MayWrite() {
				own[feature] = false
			}
		}

		out[name] = own
	}

	return out
}
