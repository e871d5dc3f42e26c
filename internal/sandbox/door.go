package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
)

// management is how a test or a person at the desk looks into the sandbox and makes it misbehave.
type management struct {
	srv      *apiServer
	hooks    *sender
	payments *paymentRoom
}

func newManagement(srv *apiServer, webhooks *sender, pay *paymentRoom) *management {
	return &management{srv, webhooks, pay}
}

// update runs a change of the platform's account.
func (s *management) update(run func(c *call) error) error {
	return s.payments.update(PlatformAccount, run)
}

// mount adds the management API: how a test or a person at the desk looks into the sandbox and makes it misbehave.
// Everything there is open to whoever reaches loopback, but not to web pages of other origins.
func (s *management) mount(mux *chi.Mux) {
	mux.Route("/_sandbox", func(r chi.Router) {
		r.Use(sameOrigin)
		r.Get("/", s.desk)
		r.Get("/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.faults.all()) })
		r.Post("/faults", s.addFault)
		r.Delete("/faults", func(w http.ResponseWriter, _ *http.Request) { s.srv.faults.clear(); reply(w, s.srv.faults.all()) })
		r.Delete("/faults/{id}", s.removeFault)
		r.Post("/rotate_webhook_secret", s.rotateSecret)
		r.Get("/clock", func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]any{"now": s.srv.now().UTC()}) })
		r.Post("/clock", s.moveClock)
		r.Post("/reset", func(w http.ResponseWriter, _ *http.Request) { s.Reset(); reply(w, map[string]bool{"reset": true}) })
		r.Post("/seed", s.seed)
		r.Post("/events/{id}/resend", s.resend)
		r.Post("/payment_intents/{id}/decide", s.decide)
		r.Get("/ledger", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Ledger()) })
		r.Get("/requests", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.log.entries()) })
		r.Get("/events", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.srv.events()) })
		r.Get("/deliveries", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.hooks.deliveries()) })
		r.Get("/objects", s.listObjects)
		r.Get("/objects/{id}", s.showObject)
	})
}

func reply(w http.ResponseWriter, v any) {
	body, err := encodePretty(v)
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

// readBody decodes a JSON body; it answers the caller and returns false when that fails.
func readBody(w http.ResponseWriter, r *http.Request, into any) bool {
	if r.ContentLength == 0 {
		return true
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

func (s *management) addFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !readBody(w, r, &f) {
		return
	}
	kept, err := s.srv.faults.add(f)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	reply(w, kept)
}

func (s *management) removeFault(w http.ResponseWriter, r *http.Request) {
	if !s.srv.faults.remove(chi.URLParam(r, "id")) {
		fail(w, http.StatusNotFound, "no such fault")
		return
	}
	reply(w, s.srv.faults.all())
}

func (s *management) rotateSecret(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint       string `json:"endpoint"`
		Secret         string `json:"secret"`
		OverlapSeconds int    `json:"overlap_seconds"`
	}
	if !readBody(w, r, &in) {
		return
	}
	reply(w, s.hooks.rotate(in.Endpoint, in.Secret, time.Duration(in.OverlapSeconds)*time.Second))
}

func (s *management) moveClock(w http.ResponseWriter, r *http.Request) {
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
	s.srv.advance(time.Duration(in.Advance * float64(time.Second)))
	reply(w, map[string]any{"now": s.srv.now().UTC()})
}

func (s *management) resend(w http.ResponseWriter, r *http.Request) {
	if !s.hooks.resend(chi.URLParam(r, "id")) {
		fail(w, http.StatusNotFound, "no such event")
		return
	}
	reply(w, map[string]string{"resent": chi.URLParam(r, "id")})
}

func (s *management) decide(w http.ResponseWriter, r *http.Request) {
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
	obj, _ := s.srv.anywhere(chi.URLParam(r, "id"))
	reply(w, obj)
}

func (s *management) showObject(w http.ResponseWriter, r *http.Request) {
	obj, ok := s.srv.anywhere(chi.URLParam(r, "id"))
	if !ok {
		fail(w, http.StatusNotFound, "no such object")
		return
	}
	reply(w, obj)
}

// Reset forgets every object, key, fault, request and delivery, and sets the configured endpoints up again.
// Deliveries in flight end as they may.
func (s *management) Reset() {
	s.hooks.clear()
	s.srv.reset()
	s.hooks.seed()
	s.srv.journal.rewrite()
}

// seed makes a few customers and payments to look at, through the sandbox's own API.
func (s *management) seed(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("count"), "3"))
	if err != nil || n < 1 || n > 1000 {
		fail(w, http.StatusUnprocessableEntity, "count: want 1 to 1000")
		return
	}
	s.Seed(n)
	reply(w, s.Ledger())
}

// Seed makes n customers, each with a payment; every third is declined.
func (s *management) Seed(n int) {
	methods := []string{"pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclined"}
	for i := range n {
		_ = s.update(func(c *call) error { // a decline is what is wanted
			c.route.method = http.MethodPost
			c.p, _ = parseForm("name=Seed+" + strconv.Itoa(i+1) + "&email=seed" + strconv.Itoa(i+1) + "%40example.com")
			made, err := createCustomer(c)
			if err != nil {
				return err
			}
			cus, _ := made.(*Customer)
			c.p, _ = parseForm("amount=" + strconv.Itoa(1000+100*i) + "&currency=usd&confirm=true&payment_method_types[]=card&customer=" + cus.ID + "&payment_method=" + methods[i%len(methods)])
			_, err = createIntent(c)
			return err
		})
	}
}
