package pages

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"checkoutd/internal/orders"
)

// sumView is a named part of a total.
type sumView struct {
	Name   string
	Amount amountView
	Note   string // what the amount is not: an included tax is no part of the sum
}

// shopSums returns the discounts and taxes that the shop's backend set.
func (l locale) shopSums(s *orders.ShopView, amount func(int64) amountView) (discounts, taxes []sumView) {
	for _, d := range s.Discounts {
		discounts = append(discounts, sumView{Name: d.Name, Amount: negative(amount(d.Amount))})
	}

	if s.ItemTax > 0 {
		taxes = append(taxes, sumView{Name: l.texts.Common.Tax, Amount: amount(s.ItemTax)})
	}

	for _, t := range s.Taxes {
		v := sumView{Name: t.Name, Amount: amount(t.Amount)}
		if t.Inclusive {
			v.Note = l.texts.Common.Included
		}

		taxes = append(taxes, v)
	}

	return discounts, taxes
}

// backURL returns where "Back to the shop" leads: to the shop's own page if it
// has given one.
func backURL(o orders.View) string {
	if o.Shop == nil || o.Shop.CancelURL == "" {
		return shopURL
	}
	return o.Shop.CancelURL
}

// continueURL returns where the buyer goes on who has nothing left to do, ""
// for nowhere. A payment that its bank still works on, perhaps for days, needs
// the buyer as little as one that is paid. The address comes from the shop's
// backend alone.
func continueURL(o orders.View) string {
	done := o.Status == orders.Paid || o.Status == orders.Authorized ||
		o.Status == orders.Open && o.PaymentStatus == orders.Processing
	if o.Shop == nil || !done {
		return ""
	}
	return o.Shop.SuccessURL
}

// redirectURL returns where GET /complete sends the buyer on instead of showing
// an outcome that the shop shows itself, "" for nowhere. What is being reviewed
// or was refunded, the shop's thanks would not tell. A shop that names
// /complete itself gets the receipt instead of a redirect without an end.
func (p *Pages) redirectURL(o orders.View) string {
	to := continueURL(o)
	if to == "" || !slices.Contains([]string{"paid", "saved", "authorized", "processing"}, completeState(o)) {
		return ""
	}

	receipt, _, _ := strings.Cut(p.cfg.ReturnURL(o.ID), "?")
	if rest, ok := strings.CutPrefix(to, receipt); ok && (rest == "" || strings.ContainsAny(rest[:1], "?#")) {
		return ""
	}

	return to
}

// redirect sends the browser to another address. That of the page it leaves may
// hold a secret, and reaches nobody.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// allowPictures extends the Content-Security-Policy of a response by the
// origins of an order's pictures: those of the shop's backend, and those that a
// former catalog had, are not in it.
func allowPictures(h http.Header, o orders.View) {
	policy, origins := h.Get("Content-Security-Policy"), map[string]bool{}
	for _, i := range o.Items {
		if u, err := url.Parse(i.Image); err == nil && u.Scheme == "https" && isHost(u.Host) {
			origin := "https://" + u.Host
			origins[origin] = !slices.Contains(strings.FieldsFunc(policy, inPolicy), origin)
		}
	}

	maps.DeleteFunc(origins, func(_ string, missing bool) bool { return !missing })
	if len(origins) == 0 {
		return
	}

	list := strings.Join(slices.Sorted(maps.Keys(origins)), " ")
	h.Set("Content-Security-Policy",
		strings.Replace(policy, "img-src ", "img-src "+list+" ", 1))
}

// inPolicy reports whether a character separates the words of a policy.
func inPolicy(r rune) bool { return r == ' ' || r == ';' }

// isHost reports whether a host can stand in the policy: ASCII without what
// separates the policy's parts.
func isHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(";,'\"*", r)
	})
}
