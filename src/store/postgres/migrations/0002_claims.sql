-- A claim skips what another notifier has claimed and what is queued behind another delivery of its channel. So it
-- costs the same, however many of both there are. `behind_until` is null until a claim meets the row behind another. It
-- expires, so that no fault with it can delay an alert for long, even beside an instance of the previous version.
alter table delivery add column behind_until timestamptz;
drop index delivery_due;
create index delivery_free on delivery (haste, due, id) where lease_until is null and behind_until is null;
create index delivery_behind on delivery (behind_until) where behind_until is not null;
