package desk

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// Management is how a test or a person at the desk looks into the sandbox and
// makes it misbehave.
type Management struct {
	srv      *api.Server
	hooks    *hooks.Sender
	payments *payments.Service
}

func New(srv *api.Server, webhooks *hooks.Sender, pay *payments.Service) *Management {
	return &Management{srv, webhooks, pay}
}

// update runs a change of the platform's account.
func (s *Management) update(run func(c *payments.Call) error) error {
	return s.payments.Update(api.PlatformAccount, run)
}

// Mount adds the management API: how a test or a person at the desk looks into
// the sandbox and makes it misbehave. Everything there is open to whoever
// reaches loopback, but not to web pages of other origins.
func (s *Management) Mount(mux *chi.Mux) {
	mux.Route("/_sandbox", func(r chi.Router) {
		r.Use(sameOrigin)

		r.Get("/", s.desk)
		r.Get("/ledger", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Ledger()) })
		r.Get("/requests", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Log.Entries()) })
		r.Get("/events", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Events()) })
		r.Get("/deliveries", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.hooks.Deliveries()) })
		r.Get("/objects", s.listObjects)
		r.Get("/objects/{id}", s.showObject)

		r.Get("/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.Faults.All()) })
		r.Post("/faults", s.addFault)
		r.Delete("/faults",
			func(w http.ResponseWriter, _ *http.Request) { s.srv.Faults.Clear(); reply(w, s.srv.Faults.All()) })
		r.Delete("/faults/{id}", s.removeFault)

		r.Post("/rotate_webhook_secret", s.rotateSecret)
		r.Get("/clock",
			func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]any{"now": s.srv.Now().UTC()}) })
		r.Post("/clock", s.moveClock)
		r.Post("/reset",
			func(w http.ResponseWriter, _ *http.Request) { s.Reset(); reply(w, map[string]bool{"reset": true}) })
		r.Post("/seed", s.seed)
		r.Post("/events/{id}/resend", s.resend)
		r.Post("/payment_intents/{id}/decide", s.decide)
	})
}

func reply(w http.ResponseWriter, v any) {
	body, err := wire.EncodePretty(v)
	if err != nil {
		fail(w, http.StatusInternalServerError, "the answer could not be encoded")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n'))
}

func fail(w http.ResponseWriter, status int, text string) {
	body, _ := json.Marshal(map[string]string{"error": text})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// readBody decodes a JSON body; it answers the caller and returns false when
// that fails.
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

func (s *Management) addFault(w http.ResponseWriter, r *http.Request) {
	var f api.Fault
	if !readBody(w, r, &f) {
		return
	}
	kept, err := s.srv.Faults.Add(f)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	reply(w, kept)
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

func (s *Management) moveClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance float64 `json:"advance"` // seconds
	}
	if !readBody(w, r, &in) {
		return
	}

	if in.Advance < 0 {
		fail(w, http.StatusUnprocessableEntity, "the clock goes forward only")
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
		fail(w, http.StatusNotFound, "no such payment in processing")
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

// Reset forgets every object, key, fault, request and delivery, and sets the
// configured endpoints up again. Deliveries in flight end as they may.
func (s *Management) Reset() {
	s.hooks.Clear()
	s.srv.Reset()
	s.hooks.Seed()
	s.srv.Journal.Rewrite()
}

// seed makes a few customers and payments to look at, through the sandbox's own
// API.
func (s *Management) seed(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("count"), "3"))
	if err != nil || n < 1 || n > 1000 {
		fail(w, http.StatusUnprocessableEntity, "count: want 1 to 1000")
		return
	}
	s.Seed(n)
	reply(w, s.Ledger())
}

// Seed makes n customers, each with a payment; every third is declined.
func (s *Management) Seed(n int) {
	methods := []string{"pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclined"}
	for i := range n {
		_ = s.update(func(c *payments.Call) error { // a decline is what is wanted
			c.Route.Method = http.MethodPost
			c.Params, _ = wire.ParseForm("name=Seed+" + strconv.Itoa(i+1) + "&email=seed" +
				strconv.Itoa(i+1) + "%40example.com")
			made, err := payments.CreateCustomer(c)
			if err != nil {
				return err
			}

			cus, _ := made.(*payments.Customer)
			c.Params, _ = wire.ParseForm("amount=" + strconv.Itoa(1000+100*i) +
				"&currency=usd&confirm=true&payment_method_types[]=card&customer=" + cus.ID +
				"&payment_method=" + methods[i%len(methods)])
			_, err = payments.CreateIntent(c)
			return err
		})
	}
}
