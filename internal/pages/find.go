package pages

import (
	"errors"
	"net/http"
	"net/url"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// maxFindBody bounds the form of the page that finds an order, in bytes.
const maxFindBody = 4 << 10

// findPage is the view of find.html.
type findPage struct {
	Number, Email string // as they were entered
	Problem       string
}

// ServeFind is GET /find-order: the form that finds an order by its number.
func (p *Pages) ServeFind(w http.ResponseWriter, r *http.Request) error {
	return p.renderFind(w, r, http.StatusOK, findPage{Number: r.URL.Query().Get("number")})
}

// ServeFound is POST /find-order. It leads to the receipt, or shows the form
// again.
func (p *Pages) ServeFound(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxFindBody)
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "form_malformed", "The form could not be read. Please send it again.")
	}

	view := findPage{Number: r.PostForm.Get("number"), Email: r.PostForm.Get("email")}
	id, err := p.cfg.Orders.FindReceipt(w, r, view.Number, view.Email)

	var refused *fault.Error
	switch {
	case err == nil:
		redirect(w, r, orders.ReceiptPath(url.PathEscape(id)))
		return nil
	case !errors.As(err, &refused) || refused.Kind != fault.NotFound && refused.Kind != fault.TooMany:
		return err
	}

	view.Problem = p.localeOf(r).refusal(refused)
	status := http.StatusNotFound
	if refused.Kind == fault.TooMany {
		status = http.StatusTooManyRequests
	}

	return p.renderFind(w, r, status, view)
}

func (p *Pages) renderFind(w http.ResponseWriter, r *http.Request, status int, view findPage) error {
	loc := p.localeOf(r)
	pg := p.page(loc, "find", loc.texts.Find.Title)
	pg.View = view
	return p.render(w, status, pg)
}

// ServeReceipt is GET /receipt/{id}. With the key of a link it lets the browser
// see the receipt and leads to the address without the key. Whoever may not see
// it, because the link has expired, gets the form that finds an order. The
// browser in which the order was placed sees all of it here, and is not sent on
// to the shop's own page: whoever follows this link wants the receipt.
func (p *Pages) ServeReceipt(w http.ResponseWriter, r *http.Request) error {
	id, key := r.PathValue("id"), r.URL.Query().Get("key")
	address := orders.ReceiptPath(url.PathEscape(id))

	opened, err := p.opened(r, id)
	switch {
	case err == nil && key != "":
		redirect(w, r, address)
		return nil
	case err == nil:
		return p.renderComplete(w, r, opened, address)
	case !errors.Is(err, orders.ErrNotFound):
		return err
	}

	if key != "" {
		err = p.cfg.Orders.OpenReceipt(w, r, id, key)
		if err == nil {
			redirect(w, r, address)
			return nil
		}
	} else {
		var o orders.Order
		if o, err = p.cfg.Orders.Receipt(r, id); err == nil {
			return p.renderReceipt(w, r, o)
		}
	}

	if !errors.Is(err, orders.ErrNotFound) {
		return err
	}

	w.Header().Set("Referrer-Policy", "no-referrer") // the address may hold a key
	return p.renderFind(w, r, http.StatusNotFound, findPage{Problem: p.localeOf(r).texts.Find.LinkEnded})
}

func (p *Pages) renderReceipt(w http.ResponseWriter, r *http.Request, o orders.Order) error {
	v := p.cfg.Orders.ReceiptView(r.Context(), o)
	loc := p.localeFor(r, v)
	allowPictures(w.Header(), v)

	view, err := p.completePage(r.Context(), loc, v, true)
	if err != nil {
		return err
	}

	pg := p.page(loc, "complete", view.Texts.Title)
	pg.Back = backURL(v)

	data := p.knownData(loc, v, "")
	data.Address = orders.ReceiptPath(url.PathEscape(v.ID))
	pg.Script, pg.View, pg.Data = "complete.js", view, data

	return p.render(w, http.StatusOK, pg)
}
