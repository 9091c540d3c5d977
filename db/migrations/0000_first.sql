CREATE TABLE "customer_identities" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"channel_id" uuid NOT NULL,
	"channel_user_id" text NOT NULL,
	"customer_id" uuid NOT NULL,
	"profile" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customer_identities_account" UNIQUE("tenant_id","channel","channel_id","channel_user_id")
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text,
	"phone" text,
	"phone_hint" text,
	"email" text,
	"chosen_locale" text,
	"unreachable_since" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "crm_links" (
	"tenant_id" uuid NOT NULL,
	"lead_id" uuid NOT NULL,
	"entity" text NOT NULL,
	"external_id" text NOT NULL,
	"how" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "crm_links_tenant_id_lead_id_pk" PRIMARY KEY("tenant_id","lead_id")
);
--> statement-breakpoint
CREATE TABLE "leads" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"key" text NOT NULL,
	"customer_id" uuid,
	"conversation_id" uuid,
	"name" text,
	"phone" text,
	"email" text,
	"need" text,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "leads_key" UNIQUE("tenant_id","key"),
	CONSTRAINT "leads_number" UNIQUE("tenant_id","number")
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"number" bigint NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"customer_id" uuid,
	"conversation_id" uuid,
	"message_ids" jsonb NOT NULL,
	"details" jsonb,
	"status" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "requests_key" UNIQUE("tenant_id","key"),
	CONSTRAINT "requests_number" UNIQUE("tenant_id","number")
);
--> statement-breakpoint
CREATE TABLE "automation_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"event_type" text NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL,
	"actor" text NOT NULL,
	"correlation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "llm_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"workflow_id" text NOT NULL,
	"step" text NOT NULL,
	"purpose" text NOT NULL,
	"role" text NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"attempt" integer NOT NULL,
	"prompt_tokens" integer NOT NULL,
	"completion_tokens" integer NOT NULL,
	"cost_micros" bigint NOT NULL,
	"currency" text NOT NULL,
	"duration_ms" integer NOT NULL,
	"outcome" text NOT NULL,
	"error" text,
	"correlation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"chat_id" text NOT NULL,
	"customer_id" uuid NOT NULL,
	"locale" text NOT NULL,
	"last_number" bigint DEFAULT 0 NOT NULL,
	"handled_number" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_message_at" timestamp (3) with time zone,
	CONSTRAINT "conversations_chat" UNIQUE("tenant_id","channel_id","chat_id")
);
--> statement-breakpoint
CREATE TABLE "drafts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"key" text NOT NULL,
	"content" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "drafts_key" UNIQUE("tenant_id","key")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"channel" text NOT NULL,
	"channel_message_id" text NOT NULL,
	"channel_user_id" text NOT NULL,
	"customer_id" uuid,
	"conversation_id" uuid NOT NULL,
	"chat_id" text NOT NULL,
	"direction" text NOT NULL,
	"content_type" text NOT NULL,
	"content" text NOT NULL,
	"metadata" jsonb NOT NULL,
	"number" bigint,
	"workflow_id" text,
	"correlation_id" text NOT NULL,
	"dispatched_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "messages_number" UNIQUE("tenant_id","conversation_id","number")
);
--> statement-breakpoint
CREATE TABLE "updates" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"update_id" bigint NOT NULL,
	"raw" jsonb NOT NULL,
	"kind" text NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "updates_update_id" UNIQUE("tenant_id","channel_id","update_id")
);
--> statement-breakpoint
CREATE TABLE "process_run_steps" (
	"run_id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"step_number" integer NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"summary" text,
	"status" text NOT NULL,
	"attempts" integer NOT NULL,
	"cause" text,
	"scheduled_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "process_run_steps_number" UNIQUE("tenant_id","run_id","step_number"),
	CONSTRAINT "process_run_steps_key" UNIQUE("run_id","key")
);
--> statement-breakpoint
CREATE TABLE "process_runs" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"workflow_id" text NOT NULL,
	"process_id" text NOT NULL,
	"status" text NOT NULL,
	"waiting_on" text,
	"customer_id" uuid,
	"conversation_id" uuid,
	"correlation_id" text NOT NULL,
	"parent_workflow_id" text,
	"details" text,
	"input" jsonb,
	"output" jsonb,
	"losses" jsonb NOT NULL,
	"cause" jsonb,
	"reset_of" uuid,
	"current_run_id" uuid NOT NULL,
	"chain_place" integer NOT NULL,
	"last_event_id" integer NOT NULL,
	"queued_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "process_runs_status" CHECK ("process_runs"."status" in ('queued', 'running', 'waiting_user', 'succeeded', 'degraded', 'failed', 'cancelled')),
	CONSTRAINT "process_runs_waiting_on" CHECK (case "process_runs"."status"
        when 'waiting_user' then "process_runs"."waiting_on" is not null and "process_runs"."waiting_on" in ('customer', 'manager')
        when 'running' then "process_runs"."waiting_on" is null or "process_runs"."waiting_on" in ('provider', 'timer')
        else "process_runs"."waiting_on" is null end),
	CONSTRAINT "process_runs_ended" CHECK (("process_runs"."ended_at" is not null) = ("process_runs"."status" in ('succeeded', 'degraded', 'failed', 'cancelled')))
);
--> statement-breakpoint
CREATE TABLE "send_budgets" (
	"tenant_id" uuid NOT NULL,
	"scope" text NOT NULL,
	"ready_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "send_budgets_tenant_id_scope_pk" PRIMARY KEY("tenant_id","scope")
);
--> statement-breakpoint
CREATE TABLE "sends" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"chat_id" text NOT NULL,
	"key" text NOT NULL,
	"part" integer NOT NULL,
	"ordinal" bigserial NOT NULL,
	"workflow_id" text NOT NULL,
	"chunk" jsonb NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"channel_message_id" text,
	"reason" text,
	"error" text,
	"correlation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp (3) with time zone,
	CONSTRAINT "sends_key" UNIQUE("tenant_id","key","part"),
	CONSTRAINT "sends_state" CHECK ("sends"."state" in ('pending', 'sending', 'sent', 'refused', 'unknown'))
);
--> statement-breakpoint
CREATE TABLE "channels" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"account" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channels_name" UNIQUE("tenant_id","name")
);
--> statement-breakpoint
CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"country" text DEFAULT 'KZ' NOT NULL,
	"last_number" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
ALTER TABLE "customer_identities" ADD CONSTRAINT "customer_identities_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_identities" ADD CONSTRAINT "customer_identities_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customer_identities" ADD CONSTRAINT "customer_identities_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crm_links" ADD CONSTRAINT "crm_links_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "crm_links" ADD CONSTRAINT "crm_links_lead_id_leads_id_fk" FOREIGN KEY ("lead_id") REFERENCES "public"."leads"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automation_events" ADD CONSTRAINT "automation_events_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD CONSTRAINT "llm_calls_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "updates" ADD CONSTRAINT "updates_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "updates" ADD CONSTRAINT "updates_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process_run_steps" ADD CONSTRAINT "process_run_steps_run_id_process_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."process_runs"("run_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "send_budgets" ADD CONSTRAINT "send_budgets_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sends" ADD CONSTRAINT "sends_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sends" ADD CONSTRAINT "sends_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sends" ADD CONSTRAINT "sends_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channels" ADD CONSTRAINT "channels_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "customers_phone" ON "customers" USING btree ("tenant_id","phone") WHERE "customers"."phone" is not null;--> statement-breakpoint
CREATE INDEX "leads_customer" ON "leads" USING btree ("tenant_id","customer_id","created_at");--> statement-breakpoint
CREATE INDEX "requests_customer" ON "requests" USING btree ("tenant_id","customer_id","created_at");--> statement-breakpoint
CREATE INDEX "automation_events_type" ON "automation_events" USING btree ("tenant_id","event_type","created_at");--> statement-breakpoint
CREATE INDEX "automation_events_subject" ON "automation_events" USING btree ("tenant_id","subject");--> statement-breakpoint
CREATE INDEX "llm_calls_run" ON "llm_calls" USING btree ("tenant_id","run_id","model","created_at");--> statement-breakpoint
CREATE INDEX "llm_calls_workflow" ON "llm_calls" USING btree ("tenant_id","workflow_id");--> statement-breakpoint
CREATE INDEX "messages_chat" ON "messages" USING btree ("tenant_id","chat_id","created_at");--> statement-breakpoint
CREATE INDEX "messages_channel_message" ON "messages" USING btree ("tenant_id","conversation_id","channel_message_id");--> statement-breakpoint
CREATE INDEX "messages_undispatched" ON "messages" USING btree ("tenant_id","conversation_id","number") WHERE "messages"."dispatched_at" is null and "messages"."direction" = 'inbound';--> statement-breakpoint
CREATE INDEX "process_runs_process" ON "process_runs" USING btree ("tenant_id","process_id","status","customer_id");--> statement-breakpoint
CREATE INDEX "process_runs_workflow" ON "process_runs" USING btree ("tenant_id","workflow_id");--> statement-breakpoint
CREATE INDEX "process_runs_newest" ON "process_runs" USING btree ("tenant_id","queued_at","run_id");--> statement-breakpoint
CREATE INDEX "process_runs_customer" ON "process_runs" USING btree ("tenant_id","customer_id","queued_at");--> statement-breakpoint
CREATE INDEX "process_runs_current" ON "process_runs" USING btree ("current_run_id");--> statement-breakpoint
CREATE INDEX "sends_open" ON "sends" USING btree ("tenant_id","conversation_id","ordinal") WHERE "sends"."state" in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX "sends_workflow" ON "sends" USING btree ("tenant_id","workflow_id");--> statement-breakpoint
CREATE INDEX "sends_unknown" ON "sends" USING btree ("tenant_id","created_at") WHERE "sends"."state" = 'unknown';