-- +goose Up

-- The e-mail addresses by which people are exported and erased, in lower case.
-- {lower …} is the engine's expression; see sqldb.DB.LowerJSON.
CREATE INDEX orders_email ON orders ({lower contact.email});
CREATE INDEX attempts_email ON attempts ({lower params.contact.email});
