CREATE TABLE "deliveries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"key" text NOT NULL,
	"workflow_id" text NOT NULL,
	"content" jsonb,
	"fingerprint" text NOT NULL,
	"correlation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp (3) with time zone,
	"refusal" text,
	CONSTRAINT "deliveries_key" UNIQUE("tenant_id","kind","target","key")
);
--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "score" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "scored_by" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "score_reasons" jsonb;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "next_step" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "messages_in" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "messages_out" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "calls_answered" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "calls_missed" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "call_seconds" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "scored_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_open" ON "deliveries" USING btree ("tenant_id","created_at") WHERE "deliveries"."settled_at" is null;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_score" CHECK ("leads"."score" between 0 and 100);