CREATE TABLE "llm_budgets" (
	"tenant_id" uuid NOT NULL,
	"budget" text NOT NULL,
	"day" date NOT NULL,
	"spent_micros" bigint DEFAULT 0 NOT NULL,
	"spent_tokens" bigint DEFAULT 0 NOT NULL,
	"refused_at" timestamp (3) with time zone,
	CONSTRAINT "llm_budgets_tenant_id_budget_day_pk" PRIMARY KEY("tenant_id","budget","day")
);
--> statement-breakpoint
CREATE TABLE "llm_reservations" (
	"id" uuid NOT NULL,
	"tenant_id" uuid NOT NULL,
	"budget" text NOT NULL,
	"day" date NOT NULL,
	"micros" bigint NOT NULL,
	"tokens" bigint NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "llm_reservations_tenant_id_id_budget_pk" PRIMARY KEY("tenant_id","id","budget")
);
--> statement-breakpoint
ALTER TABLE "llm_calls" ALTER COLUMN "cost_micros" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "policy" text;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "prompt" text;--> statement-breakpoint
ALTER TABLE "llm_budgets" ADD CONSTRAINT "llm_budgets_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "llm_reservations" ADD CONSTRAINT "llm_reservations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "llm_reservations_budget" ON "llm_reservations" USING btree ("tenant_id","budget","day");