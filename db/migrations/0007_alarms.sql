CREATE TABLE "alarms" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"severity" text NOT NULL,
	"words" jsonb NOT NULL,
	"raised_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"cleared_at" timestamp (3) with time zone,
	"notify" boolean NOT NULL,
	"raise_told_at" timestamp (3) with time zone,
	"clear_told_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp (3) with time zone,
	"tell_error" text,
	CONSTRAINT "alarms_severity" CHECK ("alarms"."severity" in ('warning', 'critical'))
);
--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN "polled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "alarms" ADD CONSTRAINT "alarms_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "alarms_open" ON "alarms" USING btree ("tenant_id","kind","subject") WHERE "alarms"."cleared_at" is null;--> statement-breakpoint
CREATE INDEX "alarms_newest" ON "alarms" USING btree ("tenant_id","raised_at","id");--> statement-breakpoint
CREATE INDEX "alarms_untold" ON "alarms" USING btree ("tenant_id","raised_at") WHERE "alarms"."notify" and ("alarms"."raise_told_at" is null or ("alarms"."cleared_at" is not null and "alarms"."clear_told_at" is null));--> statement-breakpoint
CREATE INDEX "process_runs_open" ON "process_runs" USING btree ("tenant_id","conversation_id","status") WHERE "process_runs"."ended_at" is null;