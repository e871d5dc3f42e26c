package mail

import (
	"context"
	"sync"
)

// Outbox keeps the newest e-mails in memory instead of sending them: for the
// sandbox, where nobody gets mail. It is safe for concurrent use.
type Outbox struct {
	most int

	mu   sync.Mutex
	list []Kept
}

// Kept is an e-mail in an Outbox.
type Kept struct {
	ID      string `json:"id"`
	Created int64  `json:"created"` // Unix seconds
	To      string `json:"to"`
	Subject string `json:"subject"`
	Plain   string `json:"plain"`
	HTML    string `json:"html"`
}

// NewOutbox returns an Outbox that keeps the newest e-mails, at most most.
func NewOutbox(most int) *Outbox { return &Outbox{most: most, list: []Kept{}} }

// Send keeps an e-mail.
func (o *Outbox) Send(_ context.Context, m Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()

	if len(o.list) == o.most {
		o.list = o.list[1:]
	}
	o.list = append(o.list, Kept{m.ID, m.Date.Unix(), m.To, m.Subject, m.Plain, m.HTML})
	return nil
}

// Messages returns the e-mails, oldest first.
func (o *Outbox) Messages() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Kept{}, o.list...)
}
