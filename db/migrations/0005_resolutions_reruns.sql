ALTER TABLE "process_runs" ADD COLUMN "rerun_of" uuid;--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "resolution" text;--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "resolved_by" text;--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "resolved_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "automation_events_newest" ON "automation_events" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "llm_calls_newest" ON "llm_calls" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "sends_newest" ON "sends" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "sends_conversation" ON "sends" USING btree ("tenant_id","conversation_id","created_at","id");