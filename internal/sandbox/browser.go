package sandbox

import (
	"compress/gzip"
	"io/fs"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/billing"
	"checkoutd/internal/sandbox/payments"
)

// browserRoutes adds the files of the stand-in for Stripe.js and the pages on
// which buyers authenticate.
func (s *Server) browserRoutes(mux *chi.Mux) {
	// Compressed, as Stripe does: a slow line behaves as it will there.
	scripts := mux.With(middleware.Compress(gzip.BestCompression, "text/javascript"))
	scripts.Get("/v3", s.file("stripe.js"))
	scripts.Get("/v3/", s.file("stripe.js"))
	scripts.Get("/{releaseTrain}/stripe.js", s.file("stripe.js"))
	scripts.Get("/v1.0/connect.js", s.file("connect.js"))
	scripts.Get("/v0.1/connect.js", s.file("connect.js"))
	scripts.Get("/v3/{name}", func(w http.ResponseWriter, r *http.Request) { s.file(chi.URLParam(r, "name"))(w, r) })
	mux.Get("/3ds/{id}", s.buyerPage("3ds.html"))
	mux.Get("/redirect/{id}", s.buyerPage("redirect.html"))
	mux.Get("/receipts/{id}", s.receipt)

	// The shop's page calls these itself when its buyer closes the dialog. They
	// take the client secret and no key.
	for _, path := range []string{"/3ds/{id}", "/redirect/{id}"} {
		outcome := s.api.Serve(s.payments.BuyerRoute(path))
		mux.Post(path, func(w http.ResponseWriter, r *http.Request) {
			api.AllowAnyOrigin(w.Header())
			outcome(w, r)
		})
	}
}

// file serves one file of the stand-in. Browsers must not cache it.
func (s *Server) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.assets == nil {
			http.NotFound(w, r)
			return
		}

		if _, err := fs.Stat(s.assets, name); err != nil {
			http.NotFound(w, r)
			return
		}

		w.Header().Set("Cache-Control", "no-store")
		if strings.HasSuffix(name, ".js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		}

		http.ServeFileFS(w, r, s.assets, name)
	}
}

// buyerPage serves the page of an intent to a browser that has its client
// secret.
func (s *Server) buyerPage(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		obj, ok := s.api.Anywhere(chi.URLParam(r, "id"))
		if !ok || payments.SecretOf(obj) != r.URL.Query().Get("client_secret") {
			http.Error(w, "Sandbox: this payment does not exist, or the link is incomplete.", http.StatusNotFound)
			return
		}

		s.file(name)(w, r)
	}
}

// receipt serves the plain page behind receipt_url and hosted_invoice_url.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) {
	obj, _ := s.api.Anywhere(chi.URLParam(r, "id"))

	var text string
	switch o := obj.(type) {
	case *payments.Charge:
		text = "Sandbox receipt. No money moved.\n" + o.ID + "\n" + api.FormatAmount(o.Amount, o.Currency)
	case *billing.Invoice:
		text = "Sandbox invoice. Nothing is owed.\n" + o.ID + "\n" + api.FormatAmount(o.Total, o.Currency) + " " + o.Status
	case *payments.PaymentIntent:
		var waits bool
		if text, waits = o.Instructions(); !waits {
			text = "Sandbox payment. There is nothing to do: " + o.Status
		}

	default:
		http.NotFound(w, r)
		return
	}

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text + "\n"))
}
