CREATE TABLE "restores" (
	"id" uuid PRIMARY KEY NOT NULL,
	"taken_at" timestamp (3) with time zone NOT NULL,
	"restored_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "restores_newest" ON "restores" USING btree ("restored_at");--> statement-breakpoint
CREATE INDEX "deliveries_age" ON "deliveries" USING btree ("tenant_id","settled_at") WHERE "deliveries"."settled_at" is not null;--> statement-breakpoint
CREATE INDEX "drafts_age" ON "drafts" USING btree ("tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "updates_age" ON "updates" USING btree ("tenant_id","received_at") WHERE "updates"."raw" <> '{}'::jsonb;--> statement-breakpoint
CREATE INDEX "process_runs_age" ON "process_runs" USING btree ("tenant_id","ended_at") WHERE "process_runs"."ended_at" is not null;