CREATE INDEX "customers_newest" ON "customers" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "leads_newest" ON "leads" USING btree ("tenant_id","created_at","id");