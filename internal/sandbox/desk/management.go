package desk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// Management serves the management API and the desk, with which a test or a
// developer looks into the sandbox and makes it misbehave.
type Management struct {
	srv      *api.Server
	hooks    *hooks.Sender
	payments *payments.Service
	connect  http.Handler
	shop     http.Handler
	pasts    sync.Map // the ledgers of pasts
}

// New returns the management API of a sandbox. connect answers what is about
// connected accounts, shop what the shop itself sent; nil: nothing.
func New(srv *api.Server, webhooks *hooks.Sender, pay *payments.Service, connect, shop http.Handler) *Management {
	if shop == nil {
		shop = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, []any{}) })
	}
	return &Management{srv: srv, hooks: webhooks, payments: pay, connect: connect, shop: shop}
}

// update runs a change of the platform's account.
func (s *Management) update(run func(c *payments.Call) error) error {
	return s.payments.Update(api.PlatformAccount, run)
}

// Mount adds the management API to a router. Anyone who reaches the loopback
// interface may use it, except web pages of other origins.
func (s *Management) Mount(mux *chi.Mux) {
	mux.Route("/_sandbox", func(r chi.Router) {
		r.Use(sameOrigin)

		r.Get("/", s.desk)

		r.Get("/ledger", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Ledger()) })
		r.Get("/ledger/{account}", s.showAccountLedger)
		r.Get("/requests", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Log.Entries()) })
		r.Get("/events", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Events()) })
		r.Get("/deliveries", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.hooks.Deliveries()) })
		r.Method(http.MethodGet, "/shop/{list}", http.StripPrefix("/_sandbox/shop", s.shop))
		r.Mount("/connect", s.connect)
		r.Get("/objects", s.listObjects)
		r.Get("/objects/{id}", s.showObject)

		r.Get("/faults", s.listFaults)
		r.Post("/faults", s.addFault)
		r.Delete("/faults", s.clearFaults)
		r.Delete("/faults/{id}", s.removeFault)

		r.Post("/rotate_webhook_secret", s.rotateSecret)
		r.Post("/roll_key", s.rollKey)
		r.Post("/restricted_keys", s.restrictKey)
		r.Get("/clock", s.showClock)
		r.Post("/clock", s.moveClock)
		r.Post("/reset", s.reset)
		r.Post("/seed", s.seed)
		r.Post("/events/{id}/resend", s.resend)
		r.Post("/payment_intents/{id}/decide", s.decide)
	})
}

// reply writes a value as JSON.
func reply(w http.ResponseWriter, v any) {
	body, err := wire.EncodePretty(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, "the response could not be encoded")
		return
	}

	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n'))
}

// fail writes an error as JSON.
func fail(w http.ResponseWriter, status int, text string) {
	body, _ := json.Marshal(map[string]string{"error": text})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// readBody decodes a JSON body. If that fails, it writes the error response and
// returns false.
func readBody(w http.ResponseWriter, r *http.Request, into any) bool {
	if r.ContentLength == 0 {
		return true
	}

	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, api.MaxBody))
	dec.DisallowUnknownFields()

	if err := dec.Decode(into); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return false
	}

	return true
}

func (s *Management) listFaults(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Faults.All()) }

func (s *Management) addFault(w http.ResponseWriter, r *http.Request) {
	var f api.Fault
	if !readBody(w, r, &f) {
		return
	}

	added, err := s.srv.Faults.Add(f)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}

	reply(w, added)
}

func (s *Management) clearFaults(w http.ResponseWriter, _ *http.Request) {
	s.srv.Faults.Clear()
	reply(w, s.srv.Faults.All())
}

func (s *Management) removeFault(w http.ResponseWriter, r *http.Request) {
	if !s.srv.Faults.Remove(chi.URLParam(r, "id")) {
		fail(w, http.StatusNotFound, "no such fault")
		return
	}
	reply(w, s.srv.Faults.All())
}

func (s *Management) rotateSecret(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint       string `json:"endpoint"`
		Secret         string `json:"secret"`
		OverlapSeconds int    `json:"overlap_seconds"`
	}
	if !readBody(w, r, &in) {
		return
	}

	reply(w, s.hooks.Rotate(in.Endpoint, in.Secret, time.Duration(in.OverlapSeconds)*time.Second))
}

// rollKey handles POST /_sandbox/roll_key.
func (s *Management) rollKey(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Key            string `json:"key"`
		OverlapSeconds int    `json:"overlap_seconds"`
	}
	if !readBody(w, r, &in) {
		return
	}

	next, err := s.srv.RollKey(in.Key, time.Duration(in.OverlapSeconds)*time.Second)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}

	reply(w, map[string]string{"key": next})
}

// restrictKey handles POST /_sandbox/restricted_keys.
func (s *Management) restrictKey(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Key         string   `json:"key"` // "": a new one
		Permissions []string `json:"permissions"`
	}
	if !readBody(w, r, &in) {
		return
	}

	key := cmp.Or(in.Key, "rk_test_"+wire.RandomText(24))
	if err := s.srv.RestrictKey(key, in.Permissions); err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}

	reply(w, map[string]string{"key": key})
}

func (s *Management) showClock(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"now": s.srv.Now().UTC()})
}

func (s *Management) moveClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance float64 `json:"advance"` // seconds
	}
	if !readBody(w, r, &in) {
		return
	}

	if in.Advance < 0 {
		fail(w, http.StatusUnprocessableEntity, "the clock can only move forward")
		return
	}

	s.srv.Advance(time.Duration(in.Advance * float64(time.Second)))
	reply(w, map[string]any{"now": s.srv.Now().UTC()})
}

func (s *Management) resend(w http.ResponseWriter, r *http.Request) {
	if !s.hooks.Resend(chi.URLParam(r, "id")) {
		fail(w, http.StatusNotFound, "no such event")
		return
	}
	reply(w, map[string]string{"resent": chi.URLParam(r, "id")})
}

func (s *Management) decide(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Outcome string `json:"outcome"`
	}
	if !readBody(w, r, &in) {
		return
	}

	if !s.payments.Decide(chi.URLParam(r, "id"), in.Outcome) {
		fail(w, http.StatusNotFound, "no payment with this ID is processing or waits for a voucher")
		return
	}

	obj, _ := s.srv.Anywhere(chi.URLParam(r, "id"))
	reply(w, obj)
}

func (s *Management) showObject(w http.ResponseWriter, r *http.Request) {
	obj, ok := s.srv.Anywhere(chi.URLParam(r, "id"))
	if !ok {
		fail(w, http.StatusNotFound, "no such object")
		return
	}
	reply(w, obj)
}

// Reset forgets every object, key, fault, request and delivery, and restores
// the configured keys and endpoints. Deliveries in flight are left to finish.
func (s *Management) Reset() {
	s.hooks.Clear()
	s.srv.Reset()
	_ = s.srv.RestrictKeys() // they were taken at the start
	s.hooks.Seed()
}

func (s *Management) reset(w http.ResponseWriter, _ *http.Request) {
	s.Reset()
	reply(w, map[string]bool{"reset": true})
}

// seed handles POST /_sandbox/seed: it creates sample data and returns the
// ledger.
func (s *Management) seed(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("count"), "3"))
	if err != nil || n < 1 || n > 1000 {
		fail(w, http.StatusUnprocessableEntity, "count must be between 1 and 1000")
		return
	}

	s.Seed(n)
	reply(w, s.Ledger())
}

// Seed creates n customers, each with a payment, through the sandbox's own API.
// Every third payment is declined.
func (s *Management) Seed(n int) {
	methods := []string{"pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclined"}
	for i := range n {
		_ = s.update(func(c *payments.Call) error { // declines are intended
			c.Route.Method = http.MethodPost
			c.Params, _ = wire.ParseForm(fmt.Sprintf("name=Seed+%d&email=seed%d%%40example.com", i+1, i+1))
			created, err := payments.CreateCustomer(c)
			if err != nil {
				return err
			}

			cus, _ := created.(*payments.Customer)
			c.Params, _ = wire.ParseForm("amount=" + strconv.Itoa(1000+100*i) +
				"&currency=usd&confirm=true&payment_method_types[]=card&customer=" + cus.ID +
				"&payment_method=" + methods[i%len(methods)])
			_, err = payments.CreateIntent(c)
			return err
		})
	}
}
