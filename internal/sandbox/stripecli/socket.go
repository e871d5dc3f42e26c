package stripecli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/coder/websocket"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// ServeSocket serves the websocket that the command line opens after it has
// created a session.
func (h *Hub) ServeSocket(w http.ResponseWriter, r *http.Request) {
	ticket, ok := openTicket(r.Header.Get("Websocket-Id"))
	if !ok {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"message":"Unknown WebSocket ID."}}`))
		return
	}

	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		return // Accept has written the response
	}

	conn.SetReadLimit(readLimit)
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()

	session := h.session(ticket)
	epoch := session.connect()

	go func() {
		defer cancel()

		h.read(ctx, conn, session)
	}()

	if err := h.write(ctx, conn, session, epoch); !errors.Is(err, context.Canceled) {
		h.srv.Config.Logger.Debug().Err(err).Msg("command line connection ended")
	}

	_ = conn.Close(websocket.StatusGoingAway, "sandbox closed") // the connection may be closed already
}

// write sends the session's messages until the connection ends, and returns why
// it ended.
func (h *Hub) write(ctx context.Context, conn *websocket.Conn, session *session, epoch int) error {
	for {
		item, err := session.next(ctx, epoch)
		if err != nil {
			return err
		}

		body, err := item.encode(h.srv.Config.Now())
		if err != nil {
			continue // one bad event must not end the connection
		}
		if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
			return err
		}
	}
}

// reply is a message from the command line: an acknowledgement, or the response
// of an endpoint.
type reply struct {
	Type           string `json:"type"`
	EventID        string `json:"event_id"`
	ConversationID string `json:"webhook_conversation_id"`
	ForwardURL     string `json:"forward_url"`
	Status         int    `json:"status"`
	Body           string `json:"body"`
	NotificationID string `json:"notification_id"`
}

// read handles what the command line sends until the connection ends.
func (h *Hub) read(ctx context.Context, conn *websocket.Conn, session *session) {
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			return
		}

		var msg reply
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

// recordForward adds the response of the endpoint behind `stripe listen` to the
// deliveries.
func (h *Hub) recordForward(msg reply) {
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

// stateOf returns the state of a delivery with a response status.
func stateOf(status int) string {
	if status >= 200 && status < 300 {
		return "delivered"
	}
	return "failed"
}
