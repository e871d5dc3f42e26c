package sandbox

import (
	"net/http"
	"strings"
)

// baseURL is how the caller reached the sandbox.
func (s *Server) baseURL(r *http.Request) string {
	if s.cfg.BaseURL != "" {
		return strings.TrimSuffix(s.cfg.BaseURL, "/")
	}
	if r == nil || r.Host == "" {
		return "http://127.0.0.1:12111"
	}
	return "http://" + r.Host
}

// APIVersion is the version of Stripe's API whose shapes the sandbox speaks; it is the account's default version.
const APIVersion = "2025-02-24.acacia"

// PlatformAccount is the id of the one account that every test key opens.
const PlatformAccount = "acct_1SbxCheckoutd000"
