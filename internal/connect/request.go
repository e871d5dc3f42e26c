package connect

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// LinkRequest is what the platform's backend asks for.
type LinkRequest struct {
	Reference    string            `json:"reference"`
	ReturnURL    string            `json:"return_url"`
	ExpiresIn    int               `json:"expires_in"` // seconds, 0 for a day
	Prefill      map[string]string `json:"prefill"`
	Landing      string            `json:"landing"`
	AlwaysPrompt bool              `json:"always_prompt"`
}

// prefillNames are the parts of stripe_user that Stripe's page knows
// (https://docs.stripe.com/connect/oauth-reference).
var prefillNames = []string{
	"email", "url", "country", "phone_number", "business_name", "business_type", "first_name", "last_name",
	"dob_day", "dob_month", "dob_year", "street_address", "city", "state", "zip", "physical_product",
	"product_description", "currency",
}

const (
	maxReference = 200
	maxPrefill   = 500
	maxURL       = 2000
	minLifetime  = 5 * time.Minute
)

// CreateLink stores a link, which the token opens. id is "" or the ID that it
// is to have; if a link has it already, that one is returned.
func (s *Service) CreateLink(ctx context.Context, req LinkRequest, id, token string) (Link, error) {
	if s.cfg.ClientID == "" {
		return Link{}, errOff
	}

	l, err := s.newLink(req)
	if err != nil {
		return Link{}, err
	}
	if l.ID = id; id == "" {
		l.ID = orders.NewID("lnk_")
	}

	l.TokenHash = hash(token)
	return s.cfg.Store.AddConnectLink(ctx, l)
}

// newLink returns the link that a request asks for.
func (s *Service) newLink(req LinkRequest) (l Link, err error) {
	now := s.cfg.Now().UTC().Truncate(time.Microsecond) // as it is stored
	l = Link{
		Scope:     s.cfg.Scope,
		Livemode:  s.cfg.Livemode,
		State:     Open,
		Terms:     Terms{Landing: req.Landing, AlwaysPrompt: req.AlwaysPrompt},
		CreatedAt: now,
		ExpiresAt: now.Add(DefaultLifetime),
	}

	if l.Reference, err = cleanText("reference", req.Reference, maxReference); err != nil {
		return l, err
	}
	if l.Reference == "" {
		return l, fault.InvalidField("reference", "reference_missing",
			"Say for which of your customers the account will be connected.")
	}

	if l.ReturnURL, err = s.cleanURL(req.ReturnURL); err != nil {
		return l, err
	}

	if req.ExpiresIn != 0 {
		lifetime := time.Duration(req.ExpiresIn) * time.Second
		if lifetime < minLifetime || lifetime > MaxLifetime {
			return l, fault.InvalidField("expires_in", "lifetime_out_of_range",
				"A link is valid for 300 to 2592000 seconds.")
		}
		l.ExpiresAt = now.Add(lifetime)
	}

	if !slices.Contains([]string{"", "login", "register"}, req.Landing) {
		return l, fault.InvalidField("landing", "landing_unknown", "The landing is login or register.")
	}

	l.Terms.Prefill, err = cleanPrefill(req.Prefill)
	return l, err
}

func cleanPrefill(given map[string]string) (map[string]string, error) {
	clean := map[string]string{}
	for name, value := range given {
		if !slices.Contains(prefillNames, name) {
			return nil, fault.InvalidField("prefill", "prefill_unknown",
				"Stripe's page knows these names: "+strings.Join(prefillNames, ", ")+".")
		}
		text, err := cleanText("prefill."+name, value, maxPrefill)
		if err != nil {
			return nil, err
		}
		clean[name] = text
	}
	return clean, nil
}

// cleanText returns a line of text. The error does not repeat it.
func cleanText(name, text string, longest int) (string, error) {
	clean, err := cleantext.Line(text)
	if err != nil || utf8.RuneCountInString(clean) > longest {
		return "", fault.InvalidField(name, "text_invalid",
			fmt.Sprintf("This must be one line of at most %d characters.", longest))
	}
	return clean, nil
}

// cleanURL returns an address that a person may be sent to: https, or http on
// this computer with test keys. "" stands for none.
func (s *Service) cleanURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}

	u, err := url.Parse(text)
	ok := err == nil && len(text) <= maxURL && u.Host != "" && u.User == nil && u.Opaque == "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f })
	local := err == nil && !s.cfg.Livemode && u.Scheme == "http" &&
		slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
	if ok && (u.Scheme == "https" || local) {
		return u.String(), nil
	}

	return "", fault.InvalidField("return_url", "url_invalid",
		"This must be an https address of at most 2000 characters. With test keys, http://localhost is allowed, too.")
}

// URL returns the address that opens a link for whoever has it.
func (s *Service) URL(id, token string) string {
	return s.cfg.BaseURL + LinkPath(id) + "?token=" + token
}

// LinkPath returns the path of a link's page.
func LinkPath(id string) string { return "/connect/" + url.PathEscape(id) }
