package certificates

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
)

const (
	// lease is how long a server may take for a certificate, and tryTime how
	// long it does take.
	lease   = 5 * time.Minute
	tryTime = 4 * time.Minute

	// challengeLife is how long the token of a challenge is answered.
	challengeLife = time.Hour

	// saveTime bounds storing the outcome when the server stops.
	saveTime = 5 * time.Second
)

// renew gets a claimed certificate and stores what became of it. Its error is
// that of the store.
func (s *Service) renew(ctx context.Context, c Certificate) error {
	try, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()

	log := s.cfg.Log.With().Str("domain", c.Domain).Str("challenge", string(c.Challenge)).Logger()
	err := s.order(try, &c)
	now := s.cfg.Now()

	switch {
	case err == nil:
		c.Tries, c.Problem, c.OrderURL, c.OrderKey = 0, "", "", ""
		c.NextAt = renewAt(c)
		log.Info().Time("not_after", c.NotAfter).Time("renew_at", c.NextAt).Msg("got a certificate")

	case ctx.Err() != nil: // the server stops; the next one goes on
		c.NextAt = now

	default:
		c.Tries++
		c.Problem, c.FailedAt = problemOf(err), now
		c.Challenge = c.Challenge.other()
		c.NextAt = now.Add(pauseAfter(c.Tries, err))

		e := log.Warn()
		if c.left(now) < lateLeft {
			e = log.Error()
		}

		e.Err(err).Int64("tries", c.Tries).Time("next_at", c.NextAt).Time("not_after", c.NotAfter).
			Msg("could not get a certificate")
	}

	save, cancelSave := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancelSave()

	err = s.cfg.Store.SaveCertificate(save, c, true)
	if errors.Is(err, ErrLost) { // whoever has the claim goes on with the same order
		log.Warn().Msg("another server took over the certificate")
		return nil
	}

	return err
}

// lateLeft is the part of a certificate's life below which a failure is
// urgent. A third is left when its renewal begins.
const lateLeft = 0.2

// renewAt returns when a certificate is due again: when a third of its life is
// left, as Let's Encrypt advises (https://letsencrypt.org/docs/faq/).
func renewAt(c Certificate) time.Time {
	return c.NotAfter.Add(-c.NotAfter.Sub(c.NotBefore) / 3)
}

// pauses are between tries: four in the first hour, since Let's Encrypt allows
// five failed validations. The second one is soon, and of the other kind.
var pauses = []time.Duration{
	time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour,
}

// pauseAfter returns how long to wait after a number of failed tries, at least
// as long as the CA wants.
func pauseAfter(tries int64, err error) time.Duration {
	pause := pauses[min(int(tries), len(pauses))-1]
	if wanted, ok := rateLimit(err); ok {
		pause = max(pause, wanted, time.Hour)
	}
	return pause
}

// rateLimit returns how long the CA wants us to wait.
func rateLimit(err error) (time.Duration, bool) {
	e := (*acme.Error)(nil)
	if !errors.As(err, &e) {
		return 0, false
	}
	return acme.RateLimit(e)
}

// maxProblem bounds what is stored of an error.
const maxProblem = 1000

func problemOf(err error) string {
	return strings.ToValidUTF8(err.Error()[:min(len(err.Error()), maxProblem)], "")
}
