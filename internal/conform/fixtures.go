package conform

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// fixtures are objects that many cases use and none changes. Each is made when
// the first case asks for it. Their names are placeholders.
func fixtures() map[string]Call {
	return map[string]Call{
		// Many cases pay for a customer, and a saved method has to be theirs.
		"customer": post("/v1/customers", "email=buyer@example.com", "name=Conform"),
		"product":  post("/v1/products", "name=Conform"),
		"price": post("/v1/prices", "product={product.id}", "currency=usd", "unit_amount=1500",
			"recurring[interval]=month"),
		"paid": intent("payment_method=pm_card_visa", "confirm=true"),
		"open": intent(),
		"hold": intent("payment_method=pm_card_visa", "confirm=true", "capture_method=manual"),
	}
}

// made is a fixture with its answer.
type made struct {
	call   Call
	once   sync.Once
	answer answer
	err    error
}

// fixture returns the answer of a fixture, and makes it if nobody has.
func (r *runner) fixture(ctx context.Context, name string) (answer, error) {
	m, ok := r.fixtures[name]
	if !ok {
		return answer{}, fmt.Errorf("conform: no answer and no fixture is named %q", name)
	}

	m.once.Do(func() {
		t := &trial{run: r, c: Case{Name: "fixtures/" + name}, saved: map[string]answer{}}
		var filled Call
		if filled, m.err = t.fill(ctx, m.call, 0); m.err != nil {
			return
		}

		if m.answer, m.err = r.send(ctx, filled); m.err == nil && m.answer.status != http.StatusOK {
			m.err = errUntried("what it needs could not be created: " + m.answer.refusal())
		}
	})

	return m.answer, m.err
}
