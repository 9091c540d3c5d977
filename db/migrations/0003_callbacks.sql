CREATE TABLE "callbacks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"key" text NOT NULL,
	"workflow_id" text NOT NULL,
	"secret" text NOT NULL,
	"body" jsonb,
	"received_at" timestamp (3) with time zone,
	"dispatched_at" timestamp (3) with time zone,
	"closed_at" timestamp (3) with time zone,
	"correlation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "callbacks_key" UNIQUE("tenant_id","key")
);
--> statement-breakpoint
ALTER TABLE "callbacks" ADD CONSTRAINT "callbacks_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "callbacks_undispatched" ON "callbacks" USING btree ("tenant_id","received_at") WHERE "callbacks"."received_at" is not null and "callbacks"."dispatched_at" is null;--> statement-breakpoint
CREATE INDEX "callbacks_age" ON "callbacks" USING btree ("tenant_id","created_at");