package pages

import (
	"net/http"
	"strconv"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/texts"
)

type errorPage struct {
	Texts     texts.State
	RequestID string
	NoShop    bool // do not lead to the shop
}

// RenderError writes the page for an error; it is an httpio.PageErrorFunc. The
// sentence of a fault is English. Another language has sentences of its own for
// the codes that buyers meet, and a general one for the others.
func (p *Pages) RenderError(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	loc := p.localeOf(r)
	t := loc.texts.Errors
	state, ok := t.ByStatus[strconv.Itoa(status)]
	if !ok {
		state = t.ByStatus["other"]
	}

	if text := t.ByCode[f.Code]; text != "" {
		state.Text = text
	} else if loc.lang == "en" && f.Message != "" {
		state.Text = f.Message
	}

	pg := p.page(loc, "error", state.Title)
	pg.View = errorPage{
		Texts:     state,
		RequestID: httpio.RequestID(r.Context()),
		// The owners of accounts have no business in the shop.
		NoShop: strings.HasPrefix(r.URL.Path, "/connect/"),
	}

	if err := p.render(w, status, pg); err != nil {
		httpio.ExchangeOf(r.Context()).SetError(err)
		http.Error(w, state.Title, status)
	}
}

// refusal returns why a payment failed: in the buyer's language if there is a
// text for the code, otherwise in Stripe's words. The page's script does the
// same.
func (l locale) refusal(f *fault.Error) string {
	if f == nil {
		return ""
	}

	t := l.texts.Errors
	if p := f.Payment; p != nil {
		for _, code := range []string{p.DeclineCode, p.Code} {
			if text := t.ByDecline[code]; text != "" {
				return text
			}
		}
	}

	if text := t.ByCode[f.Code]; text != "" {
		return text
	}

	return f.Message
}
