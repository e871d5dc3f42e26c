package drift

import "time"

// FindingObject is a finding as webhooks and --json show it. Amounts are in
// minor units.
type FindingObject struct {
	ID       string       `json:"id"`
	Object   string       `json:"object"` // always "drift_finding"
	Kind     Kind         `json:"kind"`
	Means    string       `json:"means"`
	Todo     string       `json:"todo"`
	Day      string       `json:"day"`
	Account  *string      `json:"account"`  // the connected account, null for the platform's own
	OrderID  *string      `json:"order_id"` // null if there is none
	IntentID *string      `json:"payment_intent"`
	ObjectID string       `json:"object_id"` // what differs: pi_, ch_, re_, dp_, or the order
	Currency string       `json:"currency"`
	AtStripe int64        `json:"amount_at_stripe"`
	Here     int64        `json:"amount_here"`
	Detail   string       `json:"detail"`
	State    FindingState `json:"state"`
	Note     string       `json:"note,omitempty"`
	FoundAt  time.Time    `json:"found_at"`
}

// Render returns a finding as others see it.
func Render(f *Finding) FindingObject {
	return FindingObject{
		ID:       f.ID,
		Object:   "drift_finding",
		Kind:     f.Kind,
		Means:    f.Kind.Means(),
		Todo:     f.Kind.Todo(),
		Day:      f.Day,
		Account:  optional(f.Account),
		OrderID:  optional(f.OrderID),
		IntentID: optional(f.IntentID),
		ObjectID: f.ObjectID,
		Currency: f.Currency,
		AtStripe: f.AtStripe,
		Here:     f.Here,
		Detail:   f.Detail,
		State:    f.State,
		Note:     f.Note,
		FoundAt:  f.FoundAt.UTC(),
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
