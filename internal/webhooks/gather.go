package webhooks

import (
	"context"
)

// mostGathered bounds how many events one reading settles.
const mostGathered = 100

// gather looks for the hints that wait for the same reading as a job. Since
// that is done before the reading, it is newer than each of them, and they end
// in the transaction that ends the job's claim.
func (s *Service) gather(ctx context.Context, j *job) error {
	waiting, err := s.cfg.Claims.WaitingEvents(ctx, j.event.Group, mostGathered)
	if err != nil {
		return err
	}

	for i := range waiting {
		e := &waiting[i]
		_, refused := s.refusal(e)
		if e.Account != j.event.Account || refused != "" || !routeOf(e.Type).isHint(e) {
			continue
		}

		hint, err := parse(e)
		if err != nil || hint.reading() != j.reading() {
			continue // it is worked, and reports its error, by itself
		}

		j.gathered = append(j.gathered, hint)
	}

	return nil
}

// reading names what is read at Stripe for a job.
func (j *job) reading() string { return j.route.reads(&j.object, j.ref) }

// logGathered writes a line for each event that was settled with another.
func (s *Service) logGathered(ctx context.Context, j *job) {
	for _, hint := range j.gathered {
		if s.cfg.Meter != nil {
			s.cfg.Meter.EventWorked(string(Done))
		}

		s.cfg.Log.Info().
			Ctx(ctx).
			Str("event_id", hint.event.ID).
			Str("event_type", hint.event.Type).
			Str("order_id", j.match.OrderID).
			Str("event_state", string(Done)).
			Str("with_event", j.event.ID).
			Msg("event processed")
	}
}
