package app

import (
	"encoding/json"
	"net/http"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/mail"
)

// mostSent is how many e-mails and webhooks the sandbox's desk shows.
const mostSent = 100

// sentWebhook is a webhook to the shop's backend as the desk shows it.
type sentWebhook struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"` // Unix seconds
	Type     string `json:"type"`
	Endpoint string `json:"endpoint"`
	State    string `json:"state"`
	Tries    int64  `json:"tries"`
	Order    string `json:"order"`
	Note     string `json:"note,omitempty"`
}

// sent returns what the sandbox's desk shows of the shop: e-mails and webhooks,
// oldest first. It is asked only while the app runs.
func (a *App) sent() http.Handler {
	a.outbox = mail.NewOutbox(mostSent)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /emails", func(w http.ResponseWriter, _ *http.Request) {
		writeList(w, a.outbox.Messages())
	})
	mux.HandleFunc("GET /webhooks", func(w http.ResponseWriter, r *http.Request) {
		found, err := a.store.Deliveries(r.Context(), deliveries.Filter{Limit: mostSent})
		if err != nil {
			http.Error(w, `{"error":"the database does not answer"}`, http.StatusServiceUnavailable)
			return
		}

		list := make([]sentWebhook, len(found))
		for i, d := range found {
			list[len(found)-1-i] = sentWebhook{
				d.ID, d.CreatedAt.Unix(), d.Kind, d.EndpointID, string(d.State), d.Tries, d.OrderID, d.Note,
			}
		}
		writeList(w, list)
	})

	return mux
}

func writeList(w http.ResponseWriter, list any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // the desk has gone
}
