CREATE TABLE "send_doubts" (
	"send_id" uuid NOT NULL,
	"attempt" integer NOT NULL,
	"tenant_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"begun_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone NOT NULL,
	"after_id" bigint,
	"before_id" bigint,
	"candidates" integer,
	"tries" integer DEFAULT 0 NOT NULL,
	"looks" integer DEFAULT 0 NOT NULL,
	"finding" text,
	"answer" text,
	"message_id" text,
	"next_look_at" timestamp (3) with time zone,
	"waits_for_person" boolean DEFAULT false NOT NULL,
	CONSTRAINT "send_doubts_send_id_attempt_pk" PRIMARY KEY("send_id","attempt")
);
--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "attempted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "if_unknown" text DEFAULT 'repeat' NOT NULL;--> statement-breakpoint
ALTER TABLE "sends" ADD COLUMN "possibly_repeated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "send_doubts" ADD CONSTRAINT "send_doubts_send_id_sends_id_fk" FOREIGN KEY ("send_id") REFERENCES "public"."sends"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "send_doubts" ADD CONSTRAINT "send_doubts_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "send_doubts" ADD CONSTRAINT "send_doubts_conversation_id_conversations_id_fk" FOREIGN KEY ("conversation_id") REFERENCES "public"."conversations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "send_doubts_due" ON "send_doubts" USING btree ("tenant_id","next_look_at") WHERE "send_doubts"."next_look_at" is not null;--> statement-breakpoint
CREATE INDEX "send_doubts_conversation" ON "send_doubts" USING btree ("tenant_id","conversation_id","begun_at");--> statement-breakpoint
ALTER TABLE "sends" ADD CONSTRAINT "sends_if_unknown" CHECK ("sends"."if_unknown" in ('repeat', 'person'));