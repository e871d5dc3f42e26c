package sandbox

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// IntentView is what a browser may see of an intent: no metadata, no customer.
type IntentView struct {
	ID                 string      `json:"id"`
	Object             string      `json:"object"`
	Amount             int64       `json:"amount"`
	AutomaticMethods   any         `json:"automatic_payment_methods"`
	CanceledAt         *int64      `json:"canceled_at"`
	CancellationReason *string     `json:"cancellation_reason"`
	CaptureMethod      string      `json:"capture_method"`
	ClientSecret       string      `json:"client_secret"`
	ConfirmationMethod string      `json:"confirmation_method"`
	Created            int64       `json:"created"`
	Currency           string      `json:"currency"`
	Description        *string     `json:"description"`
	LastPaymentError   *apiError   `json:"last_payment_error"`
	Livemode           bool        `json:"livemode"`
	NextAction         *NextAction `json:"next_action"`
	PaymentMethod      any         `json:"payment_method"`
	ConfigDetails      any         `json:"payment_method_configuration_details"`
	PaymentMethodTypes []string    `json:"payment_method_types"`
	Processing         *Processing `json:"processing"`
	ReceiptEmail       *string     `json:"receipt_email"`
	SetupFutureUsage   *string     `json:"setup_future_usage"`
	Shipping           *Shipping   `json:"shipping"`
	Source             *string     `json:"source"`
	Status             string      `json:"status"`
}

func clientView(_ *call, pi *PaymentIntent) *IntentView {
	return &IntentView{
		ID: pi.ID, Object: pi.Object, Amount: pi.Amount, AutomaticMethods: pi.AutomaticPaymentMethods, CanceledAt: pi.CanceledAt,
		CancellationReason: pi.CancellationReason, CaptureMethod: pi.CaptureMethod, ClientSecret: pi.ClientSecret,
		ConfirmationMethod: pi.ConfirmationMethod, Created: pi.Created, Currency: pi.Currency, Description: pi.Description,
		LastPaymentError: pi.LastPaymentError, NextAction: pi.NextAction, PaymentMethod: pi.PaymentMethod,
		ConfigDetails: pi.PaymentMethodConfig, PaymentMethodTypes: pi.PaymentMethodTypes, Processing: pi.Processing,
		ReceiptEmail: pi.ReceiptEmail, SetupFutureUsage: pi.SetupFutureUsage, Shipping: pi.Shipping, Status: pi.Status,
	}
}

// SetupView is what a browser may see of a SetupIntent.
type SetupView struct {
	ID                 string      `json:"id"`
	Object             string      `json:"object"`
	AutomaticMethods   any         `json:"automatic_payment_methods"`
	CancellationReason *string     `json:"cancellation_reason"`
	ClientSecret       string      `json:"client_secret"`
	Created            int64       `json:"created"`
	Description        *string     `json:"description"`
	LastSetupError     *apiError   `json:"last_setup_error"`
	Livemode           bool        `json:"livemode"`
	NextAction         *NextAction `json:"next_action"`
	PaymentMethod      *string     `json:"payment_method"`
	PaymentMethodTypes []string    `json:"payment_method_types"`
	Status             string      `json:"status"`
	Usage              string      `json:"usage"`
}

func clientSetup(si *SetupIntent) *SetupView {
	return &SetupView{
		ID: si.ID, Object: si.Object, AutomaticMethods: si.AutomaticPaymentMethods, CancellationReason: si.CancellationReason,
		ClientSecret: si.ClientSecret, Created: si.Created, Description: si.Description, LastSetupError: si.LastSetupError,
		NextAction: si.NextAction, PaymentMethod: si.PaymentMethod, PaymentMethodTypes: si.PaymentMethodTypes, Status: si.Status,
		Usage: si.Usage,
	}
}

// elementsSession answers what Stripe.js asks when elements are made: methods on offer, the customer's saved ones.
func elementsSession(c *call) (any, error) {
	deferred := c.p.at("deferred_intent")
	types := deferred.strs("payment_method_types")
	if len(types) == 0 {
		settings, err := c.chosenConfiguration(deferred)
		if err != nil {
			return nil, err
		}
		types = c.automaticTypes(offer{strings.ToLower(deferred.str("currency")), settings, true, deferred.str("capture_method") == "manual"})
		reused := deferred.str("mode") != "payment" || deferred.str("setup_future_usage") != ""
		types = slices.DeleteFunc(types, func(kind string) bool {
			return kind == "us_bank_account" || reused && !slices.Contains(savableKinds, kind)
		})
	}
	out := map[string]any{
		"object": "elements_session", "session_id": newID("elements_session"), "business_name": c.srv.cfg.BusinessName,
		"payment_method_preference": map[string]any{
			"object": "payment_method_preference", "ordered_payment_method_types": types, "country_code": c.srv.cfg.Country,
			"type": orDefault(c.p.str("type"), "deferred_intent"),
		},
		"customer": nil, "livemode": false, "merchant_country": c.srv.cfg.Country,
	}
	if secret := c.p.str("customer_session_client_secret"); secret != "" {
		cs, err := c.sessionOf(secret)
		if err != nil {
			return nil, err
		}
		out["customer"] = c.sessionCustomer(cs, types)
	}
	return out, nil
}

// sessionCustomer lists the saved methods that the session's features let the buyer see.
func (c *call) sessionCustomer(cs *CustomerSession, types []string) any {
	methods := []*PaymentMethod{}
	element := cs.Components.PaymentElement
	if f := element.Features; f != nil && f.Redisplay == "enabled" {
		all := children[*PaymentMethod](c.tx, kindMethod, cs.Customer)
		for i := len(all) - 1; i >= 0; i-- {
			pm := all[i]
			if !isWallet(pm.Type) && slices.Contains(types, pm.Type) && slices.Contains(f.AllowRedisplayFilters, pm.AllowRedisplay) && int64(len(methods)) < deref(f.RedisplayLimit) {
				methods = append(methods, pm)
			}
		}
	}
	return map[string]any{
		"payment_methods": methods,
		"customer_session": map[string]any{
			"object": kindCustSession, "customer": cs.Customer, "expires_at": cs.ExpiresAt, "livemode": false, "components": cs.Components,
		},
	}
}

// detachFromBrowser lets a buyer remove a saved method, when the customer session allows it; a secret key needs no session.
func detachFromBrowser(c *call) (any, error) {
	if !c.publishable {
		return detachMethod(c)
	}
	cs, err := c.sessionOf(c.p.str("customer_session_client_secret"))
	if err != nil {
		return nil, err
	}
	pm, ok := find[*PaymentMethod](c.tx, c.id)
	if !ok || deref(pm.Customer) != cs.Customer {
		return nil, notFound("PaymentMethod", c.id)
	}
	if f := cs.Components.PaymentElement.Features; f == nil || f.Remove != "enabled" {
		return nil, invalid("", "", "The customer session does not allow payment methods to be removed.")
	}
	return c.detach(pm), nil
}

// browserRoutes are the stand-in's files and the pages on which buyers authenticate.
func (s *Server) browserRoutes(mux *chi.Mux) {
	mux.Get("/v3", s.file("stripe.js"))
	mux.Get("/v3/", s.file("stripe.js"))
	mux.Get("/{train}/stripe.js", s.file("stripe.js"))
	mux.Get("/v1.0/connect.js", s.file("connect.js"))
	mux.Get("/v0.1/connect.js", s.file("connect.js"))
	mux.Get("/v3/{name}", func(w http.ResponseWriter, r *http.Request) { s.file(chi.URLParam(r, "name"))(w, r) })
	mux.Get("/3ds/{id}", s.buyerPage("3ds.html"))
	mux.Get("/redirect/{id}", s.buyerPage("redirect.html"))
	mux.Get("/receipts/{id}", s.receipt)
	for _, path := range []string{"/3ds/{id}", "/redirect/{id}"} {
		mux.Post(path, s.api(route{http.MethodPost, path, openToAll, decideByBuyer}))
	}
}

// file serves one of the stand-in's files, never cached.
func (s *Server) file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.cfg.Assets == nil {
			http.NotFound(w, r)
			return
		}
		if _, err := fs.Stat(s.cfg.Assets, name); err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if strings.HasSuffix(name, ".js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		}
		http.ServeFileFS(w, r, s.cfg.Assets, name)
	}
}

// buyerPage serves the page of an intent to whoever has its client secret.
func (s *Server) buyerPage(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		obj, ok := s.anywhere(chi.URLParam(r, "id"))
		if !ok || secretOf(obj) != r.URL.Query().Get("client_secret") {
			http.Error(w, "Sandbox: no such payment, or the link is not complete.", http.StatusNotFound)
			return
		}
		s.file(name)(w, r)
	}
}

func secretOf(obj object) string {
	switch o := obj.(type) {
	case *PaymentIntent:
		return o.ClientSecret
	case *SetupIntent:
		return o.ClientSecret
	}
	return ""
}

// anywhere finds an object in any account: pages know no account.
func (s *Server) anywhere(id string) (object, bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, w := range s.store.worlds {
		if e, ok := w.objects[id]; ok {
			return e.obj, true
		}
	}
	return nil, false
}

// outcomeReply tells the page what became of the intent.
type outcomeReply struct {
	ID        string  `json:"id"`
	Status    string  `json:"status"`
	ReturnURL *string `json:"return_url"`
}

// decideByBuyer is the button on a page: outcome=pass or fail.
func decideByBuyer(c *call) (any, error) {
	c.useWorldOf(c.id)
	obj, ok := c.tx.get(c.id)
	if !ok || secretOf(obj) == "" || secretOf(obj) != c.p.str("client_secret") {
		return nil, notFound("intent", c.id)
	}
	outcome := c.p.str("outcome")
	if outcome != "pass" && outcome != "fail" {
		return nil, malformed("", "outcome", "Invalid outcome: must be one of pass or fail")
	}
	if si, is := obj.(*SetupIntent); is {
		if si.Status != needsAction {
			return &outcomeReply{si.ID, si.Status, orNil(si.private.ReturnURL)}, nil
		}
		done, err := c.setupAuthenticated(si, outcome == "pass")
		if err != nil {
			return nil, err
		}
		return &outcomeReply{done.ID, done.Status, orNil(si.private.ReturnURL)}, nil
	}
	pi, _ := obj.(*PaymentIntent)
	if pi.Status == needsAction {
		if _, err := c.authenticated(pi, outcome == "pass"); err != nil && !keepsChanges(err) {
			return nil, err
		}
	}
	now, _ := find[*PaymentIntent](c.tx, pi.ID)
	return &outcomeReply{now.ID, now.Status, orNil(pi.private.ReturnURL)}, nil
}

// useWorldOf points the transaction at the account that holds an object.
func (c *call) useWorldOf(id string) {
	for account, w := range c.srv.store.worlds {
		if _, ok := w.objects[id]; ok {
			c.account, c.tx.world, c.tx.origin.account = account, w, account
		}
	}
}

// receipt is a plain page behind receipt_url and hosted_invoice_url.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) {
	obj, _ := s.anywhere(chi.URLParam(r, "id"))
	var text string
	switch o := obj.(type) {
	case *Charge:
		text = "Sandbox receipt. No money moved.\n" + o.ID + "\n" + display(o.Amount, o.Currency)
	case *Invoice:
		text = "Sandbox invoice. Nobody owes this.\n" + o.ID + "\n" + display(o.Total, o.Currency) + " " + o.Status
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text + "\n"))
}
