ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_key";--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "process" text NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "input" jsonb;--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "kind";--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "target";--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "content";--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_key" UNIQUE("tenant_id","process","key");