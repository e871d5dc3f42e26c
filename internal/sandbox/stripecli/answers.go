package stripecli

import (
	"context"
	"encoding/json"

	"github.com/coder/websocket"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// cliReply is what the command line sends: acknowledgements, and what the
// endpoints answered.
type cliReply struct {
	Type           string `json:"type"`
	EventID        string `json:"event_id"`
	ConversationID string `json:"webhook_conversation_id"`
	ForwardURL     string `json:"forward_url"`
	Status         int    `json:"status"`
	Body           string `json:"body"`
	NotificationID string `json:"notification_id"`
}

func (h *Hub) read(ctx context.Context, conn *websocket.Conn, session *cliSession) {
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			return
		}

		var msg cliReply
		if json.Unmarshal(raw, &msg) != nil {
			continue
		}

		switch msg.Type {
		case "event_ack":
			session.acknowledge(msg.ConversationID, msg.EventID)
		case "webhook_response":
			h.recordForward(msg)
		}
	}
}

// recordForward keeps what the endpoint behind `stripe listen` answered among
// the deliveries.
func (h *Hub) recordForward(msg cliReply) {
	d := &hooks.Delivery{
		ID:       wire.NewID("wd"),
		Event:    msg.NotificationID,
		Endpoint: "cli",
		URL:      msg.ForwardURL,
		State:    stateOf(msg.Status),
		Attempts: []hooks.DeliveryAttempt{{At: h.srv.Now(), Status: msg.Status, Body: msg.Body}},
	}

	obj, _ := h.srv.Anywhere(d.Event)
	if ev, kept := obj.(*api.Event); kept {
		d.Type = ev.Type
	}

	h.hooks.Record(d)
}

func stateOf(status int) string {
	if status >= 200 && status < 300 {
		return "delivered"
	}
	return "failed"
}
