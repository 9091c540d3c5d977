ALTER TABLE "updates" ALTER COLUMN "update_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "state" text DEFAULT 'new' NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "state_before" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "state_reason" text;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "state_since" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "suspended_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "suspension_told_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "withheld" text;--> statement-breakpoint
ALTER TABLE "updates" ADD COLUMN "external_id" text;--> statement-breakpoint
CREATE INDEX "customer_identities_customer" ON "customer_identities" USING btree ("tenant_id","customer_id");--> statement-breakpoint
CREATE INDEX "customers_state" ON "customers" USING btree ("tenant_id","state","created_at","id");--> statement-breakpoint
CREATE INDEX "conversations_customer" ON "conversations" USING btree ("tenant_id","customer_id","created_at");--> statement-breakpoint
CREATE INDEX "conversations_newest" ON "conversations" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "updates_external_id" ON "updates" USING btree ("tenant_id","channel_id","external_id") WHERE "updates"."external_id" is not null;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_state" CHECK ("customers"."state" in ('new', 'registered', 'active', 'suspended', 'banned'));--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_suspension" CHECK (("customers"."state" = 'suspended') = ("customers"."suspended_until" is not null));--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_before" CHECK (case when "customers"."state" in ('suspended', 'banned')
        then "customers"."state_before" is not null and "customers"."state_before" in ('new', 'registered', 'active')
        else "customers"."state_before" is null end);--> statement-breakpoint
ALTER TABLE "updates" ADD CONSTRAINT "updates_key" CHECK (("updates"."update_id" is null) <> ("updates"."external_id" is null));--> statement-breakpoint
-- The pairs of domain/customer.ts: the database refuses what the table does not allow, whoever asks.
CREATE FUNCTION customers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND (OLD.state || ' ' || NEW.state) NOT IN (
    'new registered', 'new suspended', 'new banned',
    'registered active', 'registered new', 'registered suspended', 'registered banned',
    'active new', 'active suspended', 'active banned',
    'suspended new', 'suspended registered', 'suspended active', 'suspended banned',
    'banned new', 'banned registered', 'banned active'
  ) THEN
    RAISE EXCEPTION 'customer % is % and cannot become %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'customers_transition';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER customers_transition BEFORE UPDATE OF state ON customers
  FOR EACH ROW EXECUTE FUNCTION customers_guard();
