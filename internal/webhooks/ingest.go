package webhooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// maxBody bounds an event, in bytes. Most of Stripe's have a few kilobytes; one
// whose object has many expanded or listed members can have some hundred.
const maxBody = 1 << 20

// usualBody bounds the buffer that is allocated before the body was read.
const usualBody = 16 << 10

// secret is a signing secret with the name under which it is recorded.
type secret struct {
	value       string
	fingerprint string // the first 8 hex digits of its SHA-256
}

func newSecrets(values []string) []secret {
	list := make([]secret, 0, len(values))
	for _, v := range values {
		sum := sha256.Sum256([]byte(v))
		list = append(list, secret{value: v, fingerprint: hex.EncodeToString(sum[:4])})
	}
	return list
}

// ServeHTTP handles POST /webhooks/stripe. It answers 200 only when the event
// is durable, whether it is new or a duplicate.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	payload, err := readBody(w, r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			s.rejected.add(rejectTooLarge, 1)
			return httpio.TooLarge(err, tooLarge.Limit)
		}
		return fault.Wrap(err, fault.Malformed, "body_unreadable", "The request body could not be read completely.")
	}

	// Nothing of the body is read before its signature is known to be good.
	matched, err := s.verify(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		return err
	}

	e, err := s.envelope(payload)
	if err != nil {
		s.rejected.add(rejectEnvelope, 1)
		return fault.Wrap(err, fault.Malformed, rejectEnvelope, "The signed body is not a Stripe event.")
	}

	e.Source, e.Secret = SourceWebhook, matched.fingerprint

	isNew, err := s.cfg.Intake.Accept(r.Context(), e)
	if err != nil {
		return err
	}

	s.runner.Wake()

	log := httpio.LogFields(r.Context())
	log.Set("event_id", e.ID)
	log.Set("event_type", e.Type)

	if !isNew {
		log.Set("duplicate", "true")
	}

	return httpio.WriteJSON(w, http.StatusOK, struct {
		Received bool `json:"received"`
	}{true})
}

// readBody reads the body into a buffer of the announced length, within bounds.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), usualBody)) + bytes.MinRead)
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody))
	return buf.Bytes(), err
}

// verify checks the signature of the exact bytes against every secret and
// returns the one that matched
// (https://docs.stripe.com/webhooks#verify-official-libraries).
func (s *Service) verify(payload []byte, header string) (secret, error) {
	for _, sec := range s.secrets {
		signedAt, err := s.cfg.Stripe.Verify(payload, header, sec.value)
		if err != nil {
			continue
		}

		if s.cfg.Now().Sub(signedAt) > s.cfg.Tolerance {
			s.rejected.add(rejectStale, 1)
			return secret{}, fault.New(fault.Malformed, rejectStale, "The signature's timestamp is too old.")
		}

		return sec, nil
	}

	s.rejected.add(rejectSignature, 1)
	return secret{}, fault.New(fault.Malformed, rejectSignature, "The signature does not match this body.")
}

var (
	eventIDPattern   = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,200}$`)
	eventTypePattern = regexp.MustCompile(`^[a-z0-9_.]{1,100}$`)
)

// envelope returns the event of a payload, in its first state. Of the event's
// object it reads only the names: the rest is left to the worker.
func (s *Service) envelope(payload []byte) (Event, error) {
	var v struct {
		ID         string `json:"id"`
		Object     string `json:"object"`
		Type       string `json:"type"`
		Account    string `json:"account"`
		APIVersion string `json:"api_version"`
		Created    int64  `json:"created"`
		Livemode   bool   `json:"livemode"`
		Data       struct {
			Object object `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(payload, &v); err != nil {
		return Event{}, fmt.Errorf("webhooks: %w", err)
	}
	if v.Object != "event" || !eventIDPattern.MatchString(v.ID) || !eventTypePattern.MatchString(v.Type) {
		return Event{}, errors.New("webhooks: id, type or object is not that of an event")
	}

	now := s.cfg.Now()
	e := Event{
		ID:              v.ID,
		Type:            v.Type,
		Account:         clip(v.Account),
		APIVersion:      clip(v.APIVersion),
		VersionMismatch: releaseTrain(v.APIVersion) != releaseTrain(s.cfg.Stripe.APIVersion()),
		Livemode:        v.Livemode,
		Created:         time.Unix(v.Created, 0).UTC(),
		Group:           clip(groupOf(v.Type, &v.Data.Object)),
		Payload:         payload,
		State:           Received,
		NextAt:          now,
		ReceivedAt:      now,
	}
	if e.Group == "" {
		e.Group = e.ID
	}

	if reason := s.quarantineReason(&e); reason != "" {
		e.State, e.Note = Quarantined, reason
	}

	return e, nil
}

// quarantineReason returns why an event must not touch our orders, or "".
func (s *Service) quarantineReason(e *Event) string {
	switch {
	case e.Livemode != s.cfg.Livemode:
		return fmt.Sprintf("its livemode is %t, this server's is %t", e.Livemode, s.cfg.Livemode)
	case e.Account != "":
		return "it belongs to a connected account, which this server does not serve"
	}
	return ""
}

// clip bounds a string that only a broken or hostile sender makes long.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 255)], "") }

// releaseTrain returns the release train of an API version: "acacia" for
// "2025-02-24.acacia". Versions of one train have the same object shapes
// (https://docs.stripe.com/api/versioning).
func releaseTrain(version string) string {
	_, train, _ := strings.Cut(version, ".")
	return train
}
