package sandbox

import (
	"context"
	"encoding/json"

	"github.com/coder/websocket"
)

// cliReply is what the command line sends: acknowledgements, and what the endpoints answered.
type cliReply struct {
	Type           string `json:"type"`
	EventID        string `json:"event_id"`
	ConversationID string `json:"webhook_conversation_id"`
	ForwardURL     string `json:"forward_url"`
	Status         int    `json:"status"`
	Body           string `json:"body"`
	NotificationID string `json:"notification_id"`
}

func (h *cliHub) read(ctx context.Context, conn *websocket.Conn, session *cliSession) {
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

// recordForward keeps what the endpoint behind `stripe listen` answered among the deliveries.
func (h *cliHub) recordForward(msg cliReply) {
	d := &Delivery{
		ID: newID("wd"), Event: msg.NotificationID, Endpoint: "cli", URL: msg.ForwardURL, State: stateOf(msg.Status),
		Attempts: []DeliveryAttempt{{At: h.srv.now(), Status: msg.Status, Body: msg.Body}},
	}
	obj, _ := h.srv.anywhere(d.Event)
	if ev, kept := obj.(*Event); kept {
		d.Type = ev.Type
	}
	h.hooks.record(d)
}

func stateOf(status int) string {
	if status >= 200 && status < 300 {
		return "delivered"
	}
	return "failed"
}
