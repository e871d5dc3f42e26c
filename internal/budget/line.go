package budget

import "container/list"

// line holds the requests of one priority that wait. The accounts that they are
// for take turns: however many one account has, another one's request is behind
// one of each at most.
type line struct {
	turns    list.List // of *crowd, the next one first
	crowds   map[string]*list.Element
	requests int
}

// crowd is the requests for one account, first come first.
type crowd struct {
	account string
	waiting list.List // of chan struct{}
}

// join appends a request for the account, "" for the own one. Its turn has come
// when turn is closed; leave gives it up before, and does nothing afterwards.
func (l *line) join(account string) (turn chan struct{}, leave func()) {
	if l.crowds == nil {
		l.crowds = map[string]*list.Element{}
	}

	at, waits := l.crowds[account]
	if !waits {
		at = l.turns.PushBack(&crowd{account: account})
		l.crowds[account] = at
	}

	turn = make(chan struct{})
	c := at.Value.(*crowd)
	place := c.waiting.PushBack(turn)
	l.requests++

	return turn, func() {
		before := c.waiting.Len()
		c.waiting.Remove(place) // does nothing if its turn came meanwhile
		l.requests -= before - c.waiting.Len()

		if before > 0 && c.waiting.Len() == 0 {
			l.drop(at)
		}
	}
}

// next removes the request whose turn it is and lets it go, if there is one.
func (l *line) next() {
	at := l.turns.Front()
	if at == nil {
		return
	}

	c := at.Value.(*crowd)
	close(c.waiting.Remove(c.waiting.Front()).(chan struct{}))
	l.requests--

	if c.waiting.Len() == 0 {
		l.drop(at)
	} else {
		l.turns.MoveToBack(at)
	}
}

// drop forgets an account that nobody waits for any more.
func (l *line) drop(at *list.Element) {
	l.turns.Remove(at)
	delete(l.crowds, at.Value.(*crowd).account)
}
