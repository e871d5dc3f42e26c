package pages

import (
	"net/http"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

type errorPage struct {
	Says      stateTexts
	RequestID string
}

// RenderError writes the page for an error; it is an httpio.PageErrorFunc. The
// fault's own sentence is English: another language has its own for the codes
// that buyers meet, and a general one for the rest.
func (p *Pages) RenderError(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	loc := localeOf(r)
	t := loc.texts.Errors
	says, ok := t.ByStatus[status]
	if !ok {
		says = t.ByStatus[0]
	}

	if text := t.ByCode[f.Code]; text != "" {
		says.Text = text
	} else if loc.lang == "en" && f.Message != "" {
		says.Text = f.Message
	}

	pg := p.page(loc, "error", says.Title)
	pg.View = errorPage{says, httpio.RequestID(r.Context())}

	if err := p.render(w, status, pg); err != nil {
		httpio.ExchangeOf(r.Context()).SetError(err)
		http.Error(w, says.Title, status)
	}
}

// refusal says why a payment failed: in the buyer's language where there are
// words for the code, in Stripe's own otherwise. The page's script does the
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
