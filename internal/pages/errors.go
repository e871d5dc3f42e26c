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
