//go:build ignore

// A shop's backend. Run:
//
//	CHECKOUTD=http://localhost:4242 API_KEY=ck_test_… \
//	WEBHOOK_SECRET=whsec_… PORT=3000 go run shop.go
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const order = `{"reference":"A-%s","items":[{"name":"Enamel mug","unit_amount":1800}],"currency":"usd","success_url":"https://shop.example/thanks"}`

func main() {
	hooks, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil || os.Getenv("WEBHOOK_SECRET") == "" {
		log.Fatal("WEBHOOK_SECRET is not set: ", err)
	}

	http.HandleFunc("GET /buy/{number}", func(w http.ResponseWriter, r *http.Request) {
		number := r.PathValue("number") // your own order number
		body := strings.NewReader(fmt.Sprintf(order, number))
		req, _ := http.NewRequest("POST", os.Getenv("CHECKOUTD")+"/v1/orders", body)
		req.Header.Set("Authorization", "Bearer "+os.Getenv("API_KEY"))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "order "+number) // a repetition is the same order
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusCreated {
			http.Error(w, "please try again", http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		var made struct{ URL string }
		_ = json.NewDecoder(res.Body).Decode(&made)
		http.Redirect(w, r, made.URL, http.StatusSeeOther)
	})

	http.HandleFunc("POST /hooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || hooks.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var msg struct {
			Type string
			Data struct{ Reference, Status string }
		}
		if json.Unmarshal(body, &msg) == nil && msg.Type == "order.paid" {
			fmt.Println("ship", msg.Data.Reference) // once for each webhook-id: store it in the same transaction
		}
		w.WriteHeader(http.StatusNoContent)
	})

	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(http.Serve(listener, nil))
}
