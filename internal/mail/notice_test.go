package mail_test

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/mail"
)

// outbox keeps what is sent.
type outbox []mail.Message

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	*o = append(*o, m)
	return nil
}

func TestTellShop(t *testing.T) {
	t.Parallel()
	var sent outbox
	config := mail.Config{Store: struct{ mail.Store }{}, Sender: &sent, Now: time.Now, Log: zerolog.Nop(), Hostname: "shop.test"}
	if err := mail.New(config).TellShop(t.Context(), "Hello", "a & b"); err != nil || len(sent) != 0 {
		t.Errorf("without an address: %v, %v", sent, err)
	}

	config.ShopTo = "owner@shop.test"
	if err := mail.New(config).TellShop(t.Context(), "Hello", "a & b"); err != nil || len(sent) != 1 {
		t.Fatalf("sent %v, %v", sent, err)
	}
	m := sent[0]
	if m.To != "owner@shop.test" || m.Subject != "Hello" || m.Plain != "a & b\n" || m.HTML != "<p>a &amp; b</p>" {
		t.Errorf("got %+v", m)
	}
}
