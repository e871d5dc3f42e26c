package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
)

// doorRoutes are the management door: how a test or a person at the desk looks into the sandbox and makes it misbehave.
// Everything there is open to whoever reaches loopback, but not to web pages of other origins.
func (s *Server) doorRoutes(mux *chi.Mux) {
	mux.Route("/_sandbox", func(r chi.Router) {
		r.Use(sameOrigin)
		r.Get("/", s.desk)
		r.Get("/faults", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, s.Faults()) })
		r.Post("/faults", s.doorAddFault)
		r.Delete("/faults", func(w http.ResponseWriter, _ *http.Request) { s.ClearFaults(); doorReply(w, s.Faults()) })
		r.Delete("/faults/{id}", s.doorRemoveFault)
		r.Post("/rotate_webhook_secret", s.doorRotate)
		r.Get("/clock", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, map[string]any{"now": s.now().UTC()}) })
		r.Post("/clock", s.doorClock)
		r.Post("/reset", func(w http.ResponseWriter, _ *http.Request) { s.Reset(); doorReply(w, map[string]bool{"reset": true}) })
		r.Post("/seed", s.doorSeed)
		r.Post("/events/{id}/resend", s.doorResend)
		r.Post("/payment_intents/{id}/decide", s.doorDecide)
		r.Get("/ledger", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, s.Ledger()) })
		r.Get("/requests", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, s.Requests()) })
		r.Get("/events", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, s.Events()) })
		r.Get("/deliveries", func(w http.ResponseWriter, _ *http.Request) { doorReply(w, s.Deliveries()) })
		r.Get("/objects", s.doorObjects)
		r.Get("/objects/{id}", s.doorObject)
	})
}

func doorReply(w http.ResponseWriter, v any) {
	body, err := encodePretty(v)
	if err != nil {
		doorError(w, http.StatusInternalServerError, "the answer could not be encoded")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n'))
}

func doorError(w http.ResponseWriter, status int, text string) {
	body, _ := json.Marshal(map[string]string{"error": text})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// doorRead decodes a JSON body; it answers the caller and returns false when that fails.
func doorRead(w http.ResponseWriter, r *http.Request, into any) bool {
	if r.ContentLength == 0 {
		return true
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		doorError(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

func (s *Server) doorAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !doorRead(w, r, &f) {
		return
	}
	kept, err := s.AddFault(f)
	if err != nil {
		doorError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	doorReply(w, kept)
}

func (s *Server) doorRemoveFault(w http.ResponseWriter, r *http.Request) {
	if !s.RemoveFault(chi.URLParam(r, "id")) {
		doorError(w, http.StatusNotFound, "no such fault")
		return
	}
	doorReply(w, s.Faults())
}

func (s *Server) doorRotate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Endpoint       string `json:"endpoint"`
		Secret         string `json:"secret"`
		OverlapSeconds int    `json:"overlap_seconds"`
	}
	if !doorRead(w, r, &in) {
		return
	}
	doorReply(w, s.RotateWebhookSecret(in.Endpoint, in.Secret, time.Duration(in.OverlapSeconds)*time.Second))
}

func (s *Server) doorClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance float64 `json:"advance"` // seconds
	}
	if !doorRead(w, r, &in) {
		return
	}
	if in.Advance < 0 {
		doorError(w, http.StatusUnprocessableEntity, "the clock goes forward only")
		return
	}
	s.Advance(time.Duration(in.Advance * float64(time.Second)))
	doorReply(w, map[string]any{"now": s.now().UTC()})
}

func (s *Server) doorResend(w http.ResponseWriter, r *http.Request) {
	if !s.Resend(chi.URLParam(r, "id")) {
		doorError(w, http.StatusNotFound, "no such event")
		return
	}
	doorReply(w, map[string]string{"resent": chi.URLParam(r, "id")})
}

func (s *Server) doorDecide(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Outcome string `json:"outcome"`
	}
	if !doorRead(w, r, &in) {
		return
	}
	if !s.Decide(chi.URLParam(r, "id"), in.Outcome) {
		doorError(w, http.StatusNotFound, "no such payment in processing")
		return
	}
	obj, _ := s.anywhere(chi.URLParam(r, "id"))
	doorReply(w, obj)
}

func (s *Server) doorObject(w http.ResponseWriter, r *http.Request) {
	obj, ok := s.anywhere(chi.URLParam(r, "id"))
	if !ok {
		doorError(w, http.StatusNotFound, "no such object")
		return
	}
	doorReply(w, obj)
}

// Reset forgets every object, key, fault, request and delivery, and sets the configured endpoints up again.
// Deliveries in flight end as they may.
func (s *Server) Reset() {
	s.schedule.clear()
	s.ClearFaults()
	s.log.clear()
	s.keys.clear()
	s.sender.clear()
	s.store.mu.Lock()
	s.store.worlds = map[string]*world{}
	s.store.world(PlatformAccount)
	s.store.mu.Unlock()
	s.offset.Store(0)
	s.seedEndpoints()
	if j := s.journal; j != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		if err := j.compact(); err != nil {
			s.cfg.Logger.Error().Err(err).Msg("sandbox state not written")
		}
	}
}

// doorSeed makes a few customers and payments to look at, through the sandbox's own API.
func (s *Server) doorSeed(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(cmp.Or(r.URL.Query().Get("count"), "3"))
	if err != nil || n < 1 || n > 1000 {
		doorError(w, http.StatusUnprocessableEntity, "count: want 1 to 1000")
		return
	}
	s.Seed(n)
	doorReply(w, s.Ledger())
}

// Seed makes n customers, each with a payment; every third is declined.
func (s *Server) Seed(n int) {
	methods := []string{"pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclined"}
	for i := range n {
		c := &call{srv: s, account: PlatformAccount, now: s.now(), route: route{method: http.MethodPost}}
		_ = s.change(c, func(c *call) error { // a decline is what is wanted
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
