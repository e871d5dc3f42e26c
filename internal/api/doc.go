// Package api serves the shop's backend under /v1: keys with scopes, requests
// that are carried out once, orders, operations and timelines, webhook
// endpoints with their deliveries, customers and their erasure, and the OpenAPI
// document that describes them.
//
// It guarantees:
//
//   - A key opens only what its scope allows, and only in its own mode. A
//     refusal says nothing about what exists. The database has a key's SHA-256.
//   - A POST with an Idempotency-Key is carried out once, also by several
//     replicas and across a crash. Its final answer is stored for a day,
//     sealed, and repeated. An answer that a repetition may change (5xx, 429, a
//     conflict that passes) is not stored; a refusal that did nothing (400,
//     413, 415, 422) forgets the request, so that its body may be mended.
//   - An order looks the same in every answer and in every outgoing webhook:
//     Render makes it.
//
// # How a request is carried out once
//
//	BeginRequest, committed       the request has a name and a lease
//	the handler                   what it creates has an ID made of the name
//	FinishRequest, committed      the answer is stored; the lease ends
//	the answer is sent
//
// A repetition during the lease gets 409. A server that dies leaves the request
// without an answer: once the lease has ended (at once, if the only server
// starts again) a repetition takes the request over under the same name. The
// handler then finds what was done before. Whoever held the lease before can no
// longer store an answer.
//
// # Adding a route
//
//  1. A method of Service in the form of Handler. It reads its body with
//     httpio.DecodeJSON and returns its error, a fault with the field.
//  2. A line in internal/app/routes.go: a.api.Get for what changes nothing,
//     a.api.Patch or a.api.Delete(scope, …) for what may be repeated as it is,
//     and a.api.Post(scope, …) for everything else.
//  3. A POST that creates something gives it the ID of Call.ID("ord_") if that
//     is ok, and looks for that ID first: it may be a repetition after a crash.
//     What the answer shows once, such as a token, is made of Call.Secret, so
//     that it comes out the same then.
//  4. The path in openapi.json, a row in internal/e2e/api/callers_test.go, and
//     the table in docs/api.md.
package api
