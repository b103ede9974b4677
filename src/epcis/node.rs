//! A small tree that both syntaxes of an event are read into, and that carries what has no field of its own. PURE.

/// A name with its namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Name {
    /// What stands before the colon; empty for a field of EPCIS itself.
    pub prefix: String,
    /// What the prefix stands for; empty for a field of EPCIS itself, or where nobody says.
    pub namespace: String,
    /// What stands behind the colon.
    pub local: String,
}

/// The namespace of the master data attributes, as XML documents write it.
pub const MASTER_DATA: &str = "urn:epcglobal:cbv:mda";

impl Name {
    /// The name of a field of EPCIS itself.
    pub fn bare(local: &str) -> Name {
        Name {
            local: local.to_owned(),
            ..Name::default()
        }
    }

    /// The name of a master data attribute, such as `cbvmda:lotNumber`.
    pub fn master_data(local: &str) -> Name {
        Name {
            prefix: "cbvmda".to_owned(),
            namespace: MASTER_DATA.to_owned(),
            local: local.to_owned(),
        }
    }

    /// The namespace as it is kept: that of master data has a colon behind it in JSON-LD and none in XML.
    pub(super) fn kept(namespace: &str) -> &str {
        match namespace.strip_suffix(':') {
            Some(stem) if stem == MASTER_DATA => stem,
            _ => namespace,
        }
    }

    /// Whether it has no namespace: only EPCIS itself may call a field so.
    pub fn is_bare(&self) -> bool {
        self.prefix.is_empty() && self.namespace.is_empty()
    }

    /// Whether it is this field of EPCIS itself.
    pub fn is(&self, local: &str) -> bool {
        self.is_bare() && self.local == local
    }
}

/// What a node is, as far as a syntax tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// A text, and everything in XML that has no elements in it.
    #[default]
    Text,
    /// A number of JSON.
    Number,
    /// `true` or `false` of JSON.
    Boolean,
    /// `null` of JSON.
    Null,
    /// Fields, or elements and attributes.
    Object,
    /// A list of JSON; its items have no names.
    Array,
}

/// A named text or a named group of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Node {
    /// What it is called.
    pub name: Name,
    /// What it is.
    pub shape: Shape,
    /// Its text; empty for a group.
    pub text: String,
    /// Its parts in the order they came; attributes of XML first.
    pub children: Vec<Node>,
}

impl Node {
    /// A text with its name.
    pub fn text(name: Name, text: impl Into<String>) -> Node {
        Node {
            name,
            text: text.into(),
            ..Node::default()
        }
    }

    /// The first child that is this field of EPCIS itself.
    pub fn child(&self, local: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name.is(local))
    }

    /// Whether it holds other nodes.
    pub fn is_group(&self) -> bool {
        matches!(self.shape, Shape::Object | Shape::Array)
    }

    /// Writes lists out as repeated nodes of the list's name, as XML has them: both syntaxes are alike from then on.
    pub(super) fn flattened(self) -> Vec<Node> {
        match self.shape {
            Shape::Array => {
                let name = self.name;
                let item = |mut child: Node| {
                    child.name = name.clone();
                    child.flattened()
                };
                self.children.into_iter().flat_map(item).collect()
            }
            Shape::Object => {
                let children = self.children.into_iter().flat_map(Node::flattened);
                vec![Node {
                    children: children.collect(),
                    ..self
                }]
            }
            _ => vec![self],
        }
    }

    /// Calls `each` with every name in this tree.
    pub(super) fn names<'n>(&'n self, each: &mut dyn FnMut(&'n Name)) {
        each(&self.name);
        for child in &self.children {
            child.names(each);
        }
    }
}
