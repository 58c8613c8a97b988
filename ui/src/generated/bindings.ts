// Provisional: the Rust side writes this file from its own types.
import { invoke } from "@tauri-apps/api/core";
import { Channel } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

type Result<T> = { status: "ok"; data: T } | { status: "error"; error: Failure };
async function typed<T>(command: string, args?: Record<string, unknown>): Promise<Result<T>> {
  try {
    return { status: "ok", data: await invoke<T>(command, args) };
  } catch (error) {
    return { status: "error", error: error as Failure };
  }
}
export const commands = {
  boot: () => typed<BootView>("boot"),
  signIn: (staffId: StaffId, pin: string) => typed<BootView>("sign_in", { staffId, pin }),
  lock: () => typed<BootView>("lock"),
  createDemoShop: () => typed<BootView>("create_demo_shop"),
  createShop: (shop: NewShop) => typed<BootView>("create_shop", { shop }),
  pair: (hub: string, code: string) => typed<BootView>("pair", { hub, code }),
  saveSettings: (settings: SettingsView) => typed<SettingsView>("save_settings", { settings }),
  catalogue: () => typed<CatalogueView>("catalogue"),
  picture: (key: string) => typed<string>("picture", { key }),
  cart: () => typed<CartView>("cart"),
  addProduct: (productId: ProductId) => typed<CartView>("add_product", { productId }),
  setQuantity: (lineId: LineId, quantity: Quantity) => typed<CartView>("set_quantity", { lineId, quantity }),
  removeLine: (lineId: LineId) => typed<CartView>("remove_line", { lineId }),
  undoCart: () => typed<CartView>("undo_cart"),
  setLineNote: (lineId: LineId, note: string) => typed<CartView>("set_line_note", { lineId, note }),
  setLineDiscount: (lineId: LineId, discount: Discount | null) => typed<CartView>("set_line_discount", { lineId, discount }),
  setCartDiscount: (discount: Discount | null) => typed<CartView>("set_cart_discount", { discount }),
  setCartCustomer: (customerId: CustomerId | null) => typed<CartView>("set_cart_customer", { customerId }),
  parkCart: (label: string) => typed<CartView>("park_cart", { label }),
  parkedCarts: () => typed<ParkedCart[]>("parked_carts"),
  resumeCart: (cartId: CartId) => typed<CartView>("resume_cart", { cartId }),
  payView: (tenders: Tender[]) => typed<PayView>("pay_view", { tenders }),
  completeSale: (tenders: Tender[]) => typed<SaleView>("complete_sale", { tenders }),
  saveReceipt: (saleId: SaleId) => typed<SavedFile>("save_receipt", { saleId }),
  scanText: (code: string, via: ScanVia) => typed<ScanOutcome>("scan_text", { code, via }),
  scanPicture: (bytes: number[]) => typed<ScanOutcome>("scan_picture", { bytes }),
  customers: (query: string) => typed<CustomerTile[]>("customers", { query }),
  customer: (customerId: CustomerId) => typed<CustomerView>("customer", { customerId }),
  enrol: (name: string, phone: string) => typed<EnrolOutcome>("enrol", { name, phone }),
  giveStamp: (customerId: CustomerId) => typed<StampOutcome>("give_stamp", { customerId }),
  reverseStamp: (stampId: StampId) => typed<CustomerTile>("reverse_stamp", { stampId }),
  redeemReward: (customerId: CustomerId) => typed<CustomerTile>("redeem_reward", { customerId }),
  saveCard: (customerId: CustomerId, format: CardFormat) => typed<SavedFile>("save_card", { customerId, format }),
  savePoster: () => typed<SavedFile>("save_poster"),
  cameras: () => typed<CameraView[]>("cameras"),
  startCamera: (channel: Channel<CameraEventView>) => typed<null>("start_camera", { channel }),
  stopCamera: () => typed<null>("stop_camera"),
  syncStatus: () => typed<SyncStatusView>("sync_status"),
};

function event<T>(name: string) {
  return { listen: (run: (event: { payload: T }) => void) => listen<T>(name, run) };
}
export const events = {
  syncStatusView: event<SyncStatusView>("sync-status"),
  dataChanged: event<DataChanged>("data-changed"),
};

type Id = string;
export type CartId = Id; export type LineId = Id; export type ProductId = Id; export type CategoryId = Id; export type CustomerId = Id; export type MerchantId = Id; export type VisitId = Id; export type SaleId = Id; export type StampId = Id; export type StaffId = Id; export type ShiftId = Id; export type TenantId = Id; export type OpId = Id;
export type UnixMs = number; export type Quantity = number; export type Currency = string;
export type Money = { minor: number; currency: Currency };
export type Discount = { kind: "percent"; basis_points: number } | { kind: "amount"; amount: Money };
export type TaxTotal = { code: string; name: string; rate: number; net: Money; tax: Money };
export type TaxClass = { code: string; name: string; rate: number; included: boolean };
export type Settlement = { tendered: Money; due: Money; change: Money };
export type TenderKind = "cash" | "card";
export type Tender = { kind: TenderKind; amount: Money; reference: string | null };
export type StampCard = { count: number; required: number; rewards: number; overdrawn: boolean };
export type CashReason = "paid_in" | "paid_out" | "drop";
export type Role = "cashier" | "owner" | "installer";
export type OpClass = "fact" | "claim" | "edit";
export type Slot = { starts_at: UnixMs; ends_at: UnixMs };
export type DayHours = { from_min: number; to_min: number };
export type WorkingHours = { days: (DayHours | null)[]; travel_gap_min: number; slot_min: number };
export type VisitStatus = "booked" | "done" | "cancelled";
export type OnboardingStep = { code: string; name: string; done_at: UnixMs | null };
export type CatalogueView = { categories: CategoryTile[]; products: ProductTile[] };
export type CategoryTile = { category_id: CategoryId; name: string };
export type ProductTile = { product_id: ProductId; sku: string; barcode: string; name: string; category_id: CategoryId | null; price: Money | null; picture: string; stock: Quantity | null; low: boolean };
export type CartLineView = { line_id: LineId; product_id: ProductId | null; name: string; picture: string; quantity: Quantity; unit_price: Money; discount: Discount | null; list: Money; discount_amount: Money; total: Money; note: string };
export type CartView = { cart_id: CartId; lines: CartLineView[]; discount: Discount | null; subtotal: Money; discount_amount: Money; tax: Money; taxes: TaxTotal[]; total: Money; customer: CustomerTile | null; note: string; can_undo: boolean; parked: number };
export type ParkedCart = { cart_id: CartId; label: string; parked_at: UnixMs; lines: number; total: Money };
export type PayView = { total: Money; quick_cash: Money[]; settlement: Settlement };
export type ScanVia = "camera" | "picture" | "wedge" | "typed";
export type ScanOutcome = { kind: "customer"; customer: CustomerTile; stamp: StampOutcome; cart: CartView } | { kind: "product"; line_id: LineId; name: string; cart: CartView } | { kind: "merchant"; merchant_id: MerchantId } | { kind: "visit"; visit_id: VisitId } | { kind: "pairing"; hub: string; code: string } | { kind: "unknown"; code: string; barcode: boolean } | { kind: "refused"; failure: Failure };
export type CameraEventView = { kind: "preview"; data_uri: string; width: number; height: number } | { kind: "scan"; outcome: ScanOutcome; outline: number[] | null } | { kind: "failed"; failure: Failure } | { kind: "stopped" };
export type CustomerRef = { customer_id: CustomerId };
export type CustomerTile = { customer_id: CustomerId; name: string; phone: string; card: StampCard; last_seen_at: UnixMs | null };
export type HistoryItem = { kind: "stamp"; at: UnixMs } | { kind: "reversed"; at: UnixMs } | { kind: "reward"; at: UnixMs } | { kind: "sale"; at: UnixMs; sale_id: SaleId; number: string; total: Money };
export type CustomerView = { tile: CustomerTile; note: string; enrolled_at: UnixMs; spent: Money; sales: number; history: HistoryItem[]; card_qr_svg: string };
export type EnrolOutcome = { kind: "created"; customer: CustomerView } | { kind: "existing"; customer: CustomerView };
export type StampOutcome = { kind: "given"; stamp_id: StampId; card: StampCard; reward_unlocked: boolean } | { kind: "cooldown"; wait_s: number; card: StampCard };
export type CardFormat = "png" | "pdf";
export type Failure = { code: string; message: string; retry: boolean; field: string | null; params: Partial<{ [key in string]: string }> };
export type Period = "today" | "week" | "month";
export type Figures = { revenue: Money; sales: number; average_basket: Money; stamps: number; rewards: number; new_customers: number; refunds: Money };
export type ChartPoint = { label: string; current: Money; previous: Money; sales: number };
export type TopProduct = { product_id: ProductId | null; name: string; quantity: Quantity; revenue: Money };
export type AttentionItem = { kind: "low_stock"; product_id: ProductId; name: string; stock: Quantity; low_below: Quantity } | { kind: "stuck_changes"; count: number } | { kind: "open_conflicts"; count: number } | { kind: "lapsed_regular"; customer_id: CustomerId; name: string; last_seen_at: UnixMs; usual_days: number };
export type OwnerView = { period: Period; as_of: UnixMs; synced_at: UnixMs | null; current: Figures; previous: Figures; by_hour: ChartPoint[]; by_day: ChartPoint[]; top_products: TopProduct[]; attention: AttentionItem[] };
export type SaleTile = { sale_id: SaleId; number: string; at: UnixMs; staff: string; customer: string; summary: string; total: Money; refunded: Money; pending: boolean };
export type SaleLineView = { line_id: LineId; name: string; quantity: Quantity; unit_price: Money; discount: Money; total: Money; refunded: Quantity };
export type SaleView = { tile: SaleTile; customer_id: CustomerId | null; lines: SaleLineView[]; subtotal: Money; discount: Money; net: Money; tax: Money; taxes: TaxTotal[]; tenders: Tender[]; change: Money; receipt_text: string[]; receipt_qr_svg: string };
export type RefundLineInput = { line_id: LineId; quantity: Quantity; restock: boolean };
export type RefundInput = { sale_id: SaleId; lines: RefundLineInput[]; tender: TenderKind; reason: string };
export type CashMoveView = { at: UnixMs; reason: CashReason; amount: Money; note: string; staff: string };
export type ShiftReport = { shift_id: ShiftId; opened_by: string; opened_at: UnixMs; closed_at: UnixMs | null; sales: number; revenue: Money; tax: Money; refunds: Money; cash: Money; card: Money; opening_float: Money; expected: Money; counted: Money | null; difference: Money | null; moves: CashMoveView[] };
export type ShiftView = { open: ShiftReport | null; closed: ShiftReport[] };
export type BootView = { phase: Phase; trouble: Failure | null; shop: ShopView | null; staff: StaffTile[]; session: StaffTile | null; secrets: SecretsView; settings: SettingsView; version: string };
export type Phase = "welcome" | "ready" | "trouble";
export type ShopView = { tenant_id: TenantId; name: string; country: string; currency: Currency; decimals: number; time_zone: string; tax_classes: TaxClass[]; stamps_required: number; reward_name: string; till_code: string; paired: boolean };
export type StaffTile = { staff_id: StaffId; name: string; role: Role };
export type SecretsView = "keyring" | "needs_pin" | "locked" | "wrapped";
export type Theme = "system" | "light" | "dark";
export type SettingsView = { theme: Theme; language: string; sounds: boolean; motion: boolean; camera: string; lock_after_min: number };
export type NewShop = { name: string; country: string; currency: string; time_zone: string; owner_name: string; owner_pin: string };
export type HubAccount = { hub: string; email: string; password: string; register: boolean };
export type PairingCodeView = { code: string; qr_svg: string; expires_at: string };
export type SavedFile = { path: string };
export type CameraView = { id: string; name: string };
export type AsOf = { at: UnixMs };
export type SyncState = "no_hub" | "in_step" | "sending" | "offline" | "trouble";
export type SyncStatusView = { state: SyncState; waiting: number; stuck: number; conflicts: number; offline_since: UnixMs | null; in_step_at: UnixMs | null; hub: string; trouble: string | null };
export type PendingOpView = { op_id: OpId; op_kind: string; class: OpClass; at: UnixMs; staff: string; subject: string; stuck_reason: string | null };
export type ConflictView = { conflict_id: OpId; code: string; refused: boolean; at: UnixMs; subject: string; wanted: Slot | null; alternatives: Slot[]; installer: string };
export type ConflictChoice = { kind: "accept" } | { kind: "take_slot"; slot: Slot };
export type SyncDeskView = { status: SyncStatusView; waiting: PendingOpView[]; stuck: PendingOpView[]; conflicts: ConflictView[] };
export type DataChanged = { areas: string[] };
export type InstallerView = { staff_id: StaffId; name: string; hours: WorkingHours | null };
export type VisitView = { visit_id: VisitId; merchant_id: MerchantId; merchant: string; address: string; phone: string; installer_id: StaffId; installer: string; slot: Slot; status: VisitStatus; purpose: string; note: string; pending: boolean; clash: boolean };
export type MerchantTile = { merchant_id: MerchantId; name: string; district: string; steps_done: number; steps_total: number; next_visit_at: UnixMs | null };
export type MerchantView = { tile: MerchantTile; contact: string; phone: string; address: string; steps: OnboardingStep[]; visits: VisitView[] };
export type BookVisit = { merchant_id: MerchantId; installer_id: StaffId; starts_at: UnixMs; purpose: string };
