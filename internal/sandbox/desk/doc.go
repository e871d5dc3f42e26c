// Package desk serves the sandbox's management API below /_sandbox/ and its web
// page, the desk. With them a test or a developer sees requests, objects,
// events and deliveries, injects faults, and moves the clock.
package desk
