package deliveries

import (
	"context"
	"encoding/json"

	"checkoutd/internal/orders"
)

// TypeTest is the type of a webhook that only tests an endpoint.
const TypeTest = "endpoint.test"

// Test sends a test webhook to an endpoint, once, and returns the outcome.
// Nothing is stored.
func (s *Sender) Test(ctx context.Context, e Endpoint) (Try, error) {
	id := orders.NewID("eff_")
	body, err := json.Marshal(Message{
		ID:        id,
		Type:      TypeTest,
		Timestamp: s.now().UTC(),
		Data:      map[string]string{"endpoint": e.ID},
	})
	if err != nil {
		return Try{}, err
	}
	return s.send(ctx, &e, id, body).Try, nil
}
