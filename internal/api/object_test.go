package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/orders"
)

func TestRender(t *testing.T) {
	t.Parallel()
	plain := orders.Order{
		ID:            "ord_1",
		TokenHash:     orders.HashToken("token"),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Mode:          orders.ModePayment,
		Currency:      "eur",
		Amount:        1800,
		Items:         []orders.Item{{Name: "Mug", Quantity: 2, UnitAmount: 900}},
		CreatedAt:     noon,
		ExpiresAt:     noon.Add(time.Hour),
	}

	full := plain
	full.Status, full.PaymentStatus = orders.Paid, orders.PartiallyRefunded
	full.Mode, full.Livemode = orders.ModeSubscription, true
	full.Captured, full.Refunded = 1800, 200
	full.Account, full.Connect.Rule = "acct_1", orders.Rule{BasisPoints: 250, Fixed: 30}
	full.Reference, full.CustomerReference, full.CustomerID = "A-1", "c-7", "cus_1"
	full.Message, full.ReviewReason = "Thank you.", "paid twice"
	full.Discount = orders.Discount{Code: "TEN", Amount: 180}
	full.ShippingRate = orders.ShippingRate{
		ID:      "post",
		Name:    "Post",
		Amount:  490,
		MinDays: 1,
		MaxDays: 2,
	}

	full.Contact.Name = "Ada"
	full.Consent = orders.Consent{At: noon, Version: "2"}
	full.PaidWith = orders.PaymentMethod{Type: "card", Brand: "visa", Last4: "4242"}
	full.Options = orders.Options{
		CaptureMethod:      "manual",
		SetupFutureUsage:   "off_session",
		PaymentMethodTypes: []string{"card"},
	}

	full.Shop = orders.ShopTerms{
		Fixed:           true,
		Description:     "A mug",
		StatementSuffix: "MUG",
		Metadata:        map[string]string{"cart": "7"},
		Discounts:       []orders.Deduction{{Name: "Loyal", Amount: 5}},
		Taxes:           []orders.Tax{{Name: "VAT", Amount: 7, Inclusive: true}},
		SuccessURL:      "https://shop.example/thanks",
		CancelURL:       "https://shop.example/cart",
		Locale:          "fr",
	}

	full.Contact.Email = "a@example.com"
	full.Contact.Shipping = &orders.Address{Name: "A", Address: orders.Place{Line1: "1 Road", Country: "FR"}}
	full.Items = []orders.Item{{
		SKU:         "mug",
		Name:        "Mug",
		Image:       "/mug.png",
		Quantity:    2,
		UnitAmount:  900,
		Description: "White",
		TaxAmount:   3,
		Recurring:   &orders.Recurring{Interval: "month", IntervalCount: 1},
	}}

	full.PaidAt, full.SubscriptionEndsAt = noon.Add(time.Minute), noon.Add(time.Hour)
	full.ErasedAt = noon.Add(3 * time.Hour)
	full.Shop.TrialDays, full.Shop.TrialEnd = 14, noon.AddDate(0, 0, 14)

	links := api.Links{
		BaseURL: "https://shop.example",
		Picture: func(name string) string { return map[string]string{"mug.svg": "/static/1/mug.svg"}[name] },
	}

	for image, want := range map[string]string{
		"https://cdn.example/mug.png": `"https://cdn.example/mug.png"`,
		"/img/mug.png":                `"https://shop.example/img/mug.png"`,
		"mug.svg":                     `"https://shop.example/static/1/mug.svg"`,
		"none.svg":                    "null",
		"":                            "null",
	} {
		o := orders.Order{Items: []orders.Item{{Name: "Mug", Image: image}}}
		if got, err := json.Marshal(api.Render(&o, links).Items[0].Image); err != nil || string(got) != want {
			t.Errorf("the image %q is shown as %s, want %s (%v)", image, got, want, err)
		}
	}

	for name, c := range map[string]struct {
		order orders.Order
		want  string
	}{
		"what is missing is null": {plain, `{"id":"ord_1","object":"order","reference":null,"status":"open",` +
			`"payment_status":"unpaid","mode":"payment","livemode":false,"amount":1800,"amount_captured":0,` +
			`"amount_refunded":0,"currency":"eur",` +
			`"account":null,"on_behalf_of":null,"transfer_data":null,"application_fee_amount":null,"application_fee_percent":null,` +
			`"subtotal":1800,"discount":null,"discounts":[],"taxes":[],"shipping":null,` +
			`"items":[{"sku":null,"name":"Mug","image":null,"description":null,"tax_amount":0,"quantity":2,"unit_amount":900,"amount":1800,"recurring":null}],` +
			`"customer":{"id":null,"reference":null,"email":null,"name":null},"shipping_address":null,"billing_address":null,` +
			`"payment_method":null,"consent":null,"capture_method":null,"setup_future_usage":null,"payment_method_types":[],"metadata":{},"description":null,` +
			`"statement_descriptor_suffix":null,"success_url":null,"cancel_url":null,"locale":null,` +
			`"url":"https://shop.example/checkout/ord_1","message":null,"review_reason":null,` +
			`"created_at":"2026-02-02T12:00:00Z","expires_at":"2026-02-02T13:00:00Z","paid_at":null,"subscription_ends_at":null,` +
			`"recurring_amount":null,"trial_days":null,"trial_end":null,"erased_at":null}`},
		"everything": {full, `{"id":"ord_1","object":"order","reference":"A-1","status":"paid",` +
			`"payment_status":"partially_refunded","mode":"subscription","livemode":true,"amount":1800,"amount_captured":1800,` +
			`"amount_refunded":200,"currency":"eur",` +
			`"account":"acct_1","on_behalf_of":null,"transfer_data":null,"application_fee_amount":null,"application_fee_percent":2.5,` +
			`"subtotal":1800,"discount":{"code":"TEN","amount":180},` +
			`"discounts":[{"name":"Loyal","amount":5}],` +
			`"taxes":[{"name":"VAT","amount":7,"inclusive":true}],` +
			`"shipping":{"id":"post","name":"Post","amount":490,"min_days":1,"max_days":2},` +
			`"items":[{"sku":"mug","name":"Mug","image":"https://shop.example/mug.png","description":"White","tax_amount":3,"quantity":2,"unit_amount":900,"amount":1800,` +
			`"recurring":{"interval":"month","interval_count":1}}],` +
			`"customer":{"id":"cus_1","reference":"c-7","email":"a@example.com","name":"Ada"},` +
			`"shipping_address":{"name":"A","address":{"line1":"1 Road","country":"FR"}},"billing_address":null,` +
			`"payment_method":{"type":"card","brand":"visa","last4":"4242","wallet":null},"consent":{"at":"2026-02-02T12:00:00Z","version":"2"},` +
			`"capture_method":"manual","setup_future_usage":"off_session","payment_method_types":["card"],` +
			`"metadata":{"cart":"7"},"description":"A mug","statement_descriptor_suffix":"MUG",` +
			`"success_url":"https://shop.example/thanks","cancel_url":"https://shop.example/cart","locale":"fr",` +
			`"url":"https://shop.example/checkout/ord_1","message":"Thank you.","review_reason":"paid twice",` +
			`"created_at":"2026-02-02T12:00:00Z","expires_at":"2026-02-02T13:00:00Z",` +
			`"paid_at":"2026-02-02T12:01:00Z","subscription_ends_at":"2026-02-02T13:00:00Z",` +
			`"recurring_amount":1800,"trial_days":14,"trial_end":"2026-02-16T12:00:00Z","erased_at":"2026-02-02T15:00:00Z"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(api.Render(&c.order, links))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s\nwant %s (%v)", got, c.want, err)
			}
		})
	}
}
