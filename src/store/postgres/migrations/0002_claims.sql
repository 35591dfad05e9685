-- A claim looks neither at what another courier holds, nor past what stands behind another delivery of its channel: it costs
-- the same however many of both there are. `behind_until` is null until a claim met the row there; it ends by itself, so that
-- nothing that goes wrong with it can hold an alert back for long, also beside a copy of the version before.
alter table delivery add column behind_until timestamptz;
drop index delivery_due;
create index delivery_free on delivery (haste, due, id) where lease_until is null and behind_until is null;
create index delivery_behind on delivery (behind_until) where behind_until is not null;
