package connect

import (
	"net/http"
	"strconv"
	"strings"
)

// onboardingPage stands in for Stripe's onboarding.
func (s *Pages) onboardingPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	expiry, err := strconv.ParseInt(q.Get("expires_at"), 10, 64)
	refresh := q.Get("refresh_url")

	// As at Stripe, an expired link leads to the page that makes a new one.
	if err == nil && s.srv.Now().Unix() >= expiry && isWebAddress(refresh) {
		http.Redirect(w, r, refresh, http.StatusSeeOther)
		return
	}

	title := "Onboarding"
	if q.Get("type") == "account_update" {
		title = "Update of the account"
	}

	text := "This stands in for Stripe's onboarding of " + q.Get("account") + "."
	if asked := q.Get("collect"); asked != "" {
		text += " Stripe would ask for: " + asked + "."
	}

	renderPage(w, http.StatusOK, connectPage{
		Title:  title,
		Text:   text,
		Yes:    "Complete onboarding",
		Hidden: map[string]string{"account": q.Get("account"), "return_url": q.Get("return_url")},
	})
}

// onboardingDone completes an account and redirects its owner back to the
// platform.
func (s *Pages) onboardingDone(w http.ResponseWriter, r *http.Request) {
	if !fromOwnPage(w, r) {
		return
	}

	id := r.PostFormValue("account")
	_ = s.update(func(c *call) error { // never fails
		prev, ok := c.existing(id)
		if !ok {
			return nil
		}

		next := prev.With(map[string]any{
			"charges_enabled":   true,
			"payouts_enabled":   true,
			"details_submitted": true,
			"capabilities":      capabilitiesOf(prev, false),
		})

		c.Tx.Put(next)
		c.accountUpdated(next, prev)
		return nil
	})

	returnURL := r.PostFormValue("return_url")
	if !isWebAddress(returnURL) {
		http.Error(w, "Sandbox: return_url is not an http or https URL.", http.StatusBadRequest)
		return
	}

	http.Redirect(w, r, returnURL, http.StatusSeeOther)
}

func isWebAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}
